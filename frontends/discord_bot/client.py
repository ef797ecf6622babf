"""The bot: the library's client with our commands and buttons."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import structlog
from discord import app_commands

from config.clock import Clock
from config.errors import MezzotintError
from config.settings import Settings
from daemon.service import Service, Submission
from frontends.discord_bot import address, hearing, scheduling, telling
from frontends.discord_bot.buttons import BUTTONS, submitted
from frontends.discord_bot.commands import COMMANDS
from frontends.discord_bot.delivering.deliverer import Deliverer
from frontends.discord_bot.delivering.verdict import FAILURES, judge
from frontends.discord_bot.furnishing import furnished
from frontends.discord_bot.sync import sync
from frontends.discord_bot.threads import Threads
from frontends.discord_bot.tree import Tree
from frontends.discord_bot.words import Catalogue, Translator

SOURCE = "discord"
LONGEST_RATE_WAIT_SECONDS = 30.0
"""A request that Discord lets wait for longer fails, and comes again by way of the outbox."""
LOST_SECONDS = 5.0
"""The gateway asks for a new connection now and then; only one that stays away for longer is worth a word."""
LOOK_AT_MODELS_SECONDS = 60.0
OLD_LIST = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)
"""Somebody sees the commands as they were before they changed."""

log = structlog.get_logger(__name__)


class Bot(discord.Client):
    """Made for one connection. ``ready`` is set while it serves."""

    def __init__(
        self, settings: Settings, service: Service, catalogue: Catalogue, clock: Clock, ready: asyncio.Event
    ) -> None:
        super().__init__(
            # No privileged one: of messages it reads those that are meant for it.
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_RATE_WAIT_SECONDS,
            guild_ready_timeout=0.5,
        )
        address.point(self, settings.discord.api_base)
        hearing.leave_out_what_is_unreadable(self)
        self.tree = Tree(self)
        self._service = service
        self._ready_event = ready
        self._lost: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._are_sent = False
        """The commands as they are now, to Discord."""
        self.desk = furnished(self, settings, service, catalogue, clock)
        self._threads = Threads(self.desk)
        self.deliverer = Deliverer(self, self.desk.live, service, catalogue, clock)

    async def setup_hook(self) -> None:
        """After the login, before the connection."""
        await self.desk.board.refresh()
        await self.tree.set_translator(Translator(self.desk.catalogue))
        self._learn_commands()
        self.add_dynamic_items(*BUTTONS)
        await self._send_commands()
        for name, work in (("models", self._look_at_models()), ("live", self.desk.live.run())):
            self._tasks.add(asyncio.create_task(work, name=f"discord {name}"))

    def _learn_commands(self) -> None:
        self.tree.clear_commands(guild=None)
        for kind in discord.AppCommandType:
            self.tree.clear_commands(guild=None, type=kind)
        for build in COMMANDS:
            for command in build(self.desk):
                self.tree.add_command(command)

    async def _look_at_models(self) -> None:
        """What is offered follows the models that there are."""
        while True:
            await asyncio.sleep(LOOK_AT_MODELS_SECONDS)
            try:
                if await self.desk.board.refresh():
                    self._learn_commands()
                    self._are_sent = False
                if not self._are_sent:
                    await self._send_commands()
            except (MezzotintError, *FAILURES) as error:
                log.warning("models_unread", why=str(error))

    async def _send_commands(self) -> None:
        """Discord admits so many new ones a day: while it takes no more, those that it knows go on."""
        try:
            await sync(self.tree, self._service)
            self._are_sent = True
        except (discord.HTTPException, discord.RateLimited) as error:
            if isinstance(error, discord.HTTPException) and error.status == 401:
                raise
            log.warning("commands_unsent", why=judge(error).said)

    async def close(self) -> None:
        """End the connection and all that belongs to it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._found()
        await super().close()

    # --- how it is connected

    def words(self) -> str:
        """As whom it is there, and where."""
        if self.user is None or not self.is_ready():
            return "connecting"
        number = len(self.guilds)
        unsent = "" if self._are_sent else ", but Discord did not take its commands yet"
        return f"{self.user.name} in {number} guild{'' if number == 1 else 's'}{unsent}"

    async def judge(self, submission: Submission) -> Submission:
        """See :func:`frontends.discord_bot.scheduling.judged`."""
        return await scheduling.judged(self, self.desk, submission)

    async def on_ready(self) -> None:
        """Connected, with all guilds known."""
        self._found()
        self._ready_event.set()
        log.info("discord_ready", guilds=len(self.guilds))

    async def on_resumed(self) -> None:
        """Connected again."""
        self._found()

    async def on_disconnect(self) -> None:
        """Not connected, for whatever time."""
        if self._lost is None and not self.is_closed() and self._ready_event.is_set():
            self._lost = asyncio.get_running_loop().call_later(LOST_SECONDS, self._say_lost)

    def _say_lost(self) -> None:
        self._service.conditions.report(SOURCE, "the connection to Discord is lost", "it is tried again by itself")

    def _found(self) -> None:
        if self._lost is not None:
            self._lost.cancel()
            self._lost = None
        self._service.conditions.clear(SOURCE)

    # --- what it hears

    async def on_message(self, message: discord.Message) -> None:
        """Somebody said something where the bot is."""
        if self.user is not None:
            await self._threads.hear(message, self.user)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """What was remembered of a thread goes with it."""
        await self._threads.forget(payload.thread_id)

    # --- what went wrong

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """The library finds commands and buttons; forms are found here, by their ids, however old they are."""
        if interaction.type is discord.InteractionType.modal_submit:
            await submitted(interaction)

    async def tell_error(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        """Tell who asked, in his language; log what is a defect of ours."""
        said = self.desk.words(interaction)
        if isinstance(error, MezzotintError):
            text = telling.said_of(error, said)
        elif isinstance(error, OLD_LIST):
            text = said.say("errors.changed")
        else:
            text = telling.noted(interaction, error, said)
        try:
            await telling.tell(interaction, said, text)
        except FAILURES as refused:
            log.warning("error_untold", interaction=interaction.id, why=judge(refused).said)

    async def on_error(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """A defect in what we do with an event."""
        log.exception("event_broke", event_name=event)
