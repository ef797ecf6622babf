"""At start: what may pass is waited for. A service manager that restarts us gives up after a few times; we don't."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from config.errors import RetryableError
from daemon.notify import Notifier
from daemon.stop import Stop

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
EXTENSION_SECONDS, EXTEND_EVERY_SECONDS = 60.0, 20.0
"""What the service manager is asked for, again and again: a migration or a recovery may take long."""

_log = structlog.get_logger(__name__)


class StoppedError(Exception):
    """The daemon was asked to stop before it had started."""


async def patiently(act: Callable[[], Awaitable[T]], stop: Stop, notifier: Notifier) -> T:
    """Do it until it works; raises :class:`StoppedError` when asked to stop meanwhile.

    A full or failing disk and a locked database are waited for, and told to the log and the service manager. Any
    other error passes through.
    """
    pause, told = FIRST_PAUSE_SECONDS, ""
    while True:
        try:
            return await _with_time(act, notifier)
        except RetryableError as error:
            why, hint = error.message, error.hint
        if why != told:
            _log.warning("start_postponed", why=why, hint=hint)
            told = why
        notifier.status(f"can't start yet, tried again by itself: {why}")
        try:
            async with asyncio.timeout(pause):
                await stop.asked.wait()
        except TimeoutError:
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        else:
            raise StoppedError


async def _with_time(act: Callable[[], Awaitable[T]], notifier: Notifier) -> T:
    asking = asyncio.create_task(_ask_for_time(notifier))
    try:
        return await act()
    finally:
        asking.cancel()


async def _ask_for_time(notifier: Notifier) -> None:
    while True:
        notifier.starting(EXTENSION_SECONDS)
        await asyncio.sleep(EXTEND_EVERY_SECONDS)
