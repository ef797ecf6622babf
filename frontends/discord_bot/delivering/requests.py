"""Single requests, each in its time; what is refused becomes a closed way, or is tried later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import discord
from discord import ui

from config.errors import RetryableError
from config.failpoints import reach
from daemon.service import LaterError
from frontends.discord_bot.delivering.content import Content
from frontends.discord_bot.delivering.errand import ClosedError
from frontends.discord_bot.delivering.verdict import FAILURES, judge
from frontends.discord_bot.delivering.ways import Ways

REQUEST_SECONDS = 120.0
"""Of one request with its uploads, and all that the library waits for before it answers. The ladder is not counted."""

Send = Callable[[ui.LayoutView, list[discord.File]], Awaitable[str]]
Told = TypeVar("Told")


class Requests:
    """Raises :class:`ClosedError`, and :class:`RetryableError` (:class:`LaterError` with a time) for what may pass."""

    def __init__(self, ways: Ways, seconds: float) -> None:
        self._ways = ways
        self._seconds = seconds

    async def brought(self, content: Content, send: Send, *, by_token: bool = False) -> str:
        """One request, with smaller files as long as they are too large."""
        while True:
            view, files = content.fresh()
            reach("discord.before_post")
            try:
                message = await self.in_time(send(view, files))
            except FAILURES as error:
                if judge(error).meaning != "smaller" or not await content.lower():
                    _raise(error, by_token=by_token)
            else:
                reach("discord.after_post")
                return message

    async def asked(self, ask: Callable[[], Awaitable[Told]], *, by_token: bool = False) -> Told:
        """A request that carries no files."""
        try:
            return await self.in_time(ask())
        except FAILURES as error:
            _raise(error, by_token=by_token)

    async def in_time(self, request: Awaitable[Told]) -> Told:
        """Whatever becomes of it, it is over in time. Raises what :mod:`.verdict` judges."""
        try:
            async with asyncio.timeout(self._seconds):
                return await request
        except TimeoutError:
            self._ways.go_on()
            raise


def _raise(error: Exception, *, by_token: bool) -> NoReturn:
    verdict = judge(error, by_token=by_token)
    if verdict.meaning != "later":
        raise ClosedError(verdict.code, verdict.said) from error
    if verdict.seconds is not None:
        raise LaterError(verdict.said, verdict.seconds) from error
    raise RetryableError(verdict.said) from error
