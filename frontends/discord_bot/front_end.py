"""The bot as a front end of the daemon: whatever becomes of it, the daemon goes on.

The library is imported when the bot runs, so that a daemon without it says so instead of failing.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from config.clock import Clock, now_ms
from config.errors import BusyError, RetryableError
from config.settings import Settings
from daemon.service import Delivery, Job, Service, Submission
from frontends.contract import Misconfigured
from frontends.discord_bot import token

if TYPE_CHECKING:
    from frontends.discord_bot.client import Bot

SOURCE = "discord"


class DiscordBot:
    """Connects, and holds the place of the deliverer while it is not connected. ``started`` is set when it is ready."""

    name = SOURCE

    def __init__(
        self, settings: Settings, service: Service, clock: Clock = now_ms, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.started = asyncio.Event()
        self._settings = settings
        self._service = service
        self._clock = clock
        self._environ = environ
        self._bot: Bot | None = None
        service.register_deliverer(SOURCE, self)
        service.register_judge(SOURCE, self.judge)

    async def run(self) -> None:
        """Until cancelled. Raises as :class:`frontends.contract.FrontEnd` says."""
        if importlib.util.find_spec("discord") is None:
            raise Misconfigured("the Discord bot is not installed", hint='pip install "mezzotint[discord]"')
        secret = await token.read(self._settings.discord, self._environ)
        # Not before it is wanted: the library takes a third of a second to come.
        client = await asyncio.to_thread(importlib.import_module, "frontends.discord_bot.client")
        connection = await asyncio.to_thread(importlib.import_module, "frontends.discord_bot.connection")
        bot: Bot = client.Bot(self._settings, self._service, self._clock, self.started)
        self._bot = bot
        try:
            await connection.held(bot, secret)
        finally:
            self._bot = None
            self.started.clear()
            self._service.conditions.clear(SOURCE)

    def status(self) -> str:
        """As whom it is there, and where."""
        return "connecting" if self._bot is None else self._bot.words()

    async def judge(self, submission: Submission) -> Submission:
        """What a schedule would draw, by the rules of the place. While there is no connection it waits."""
        if self._bot is None or not self._bot.is_ready():
            raise BusyError("the bot is not connected to Discord")
        return await self._bot.judge(submission)

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        """See :class:`daemon.service.Deliverer`. While there is no connection every result waits for it."""
        if self._bot is None or not self._bot.is_ready():
            raise RetryableError("the bot is not connected to Discord")
        await self._bot.deliverer.deliver(delivery, job)
