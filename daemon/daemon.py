"""One run of the daemon: start, serve, shut down, in that order whatever happens in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import structlog

from config.clock import Clock, steady_ms
from config.errors import FatalError
from config.settings import Settings
from daemon import lock, logs, recovery, subscribers, watchdog
from daemon.delivery import Outbox
from daemon.dispatch import Dispatcher
from daemon.events import Bus
from daemon.happenings import ConditionChanged
from daemon.manner import Manner
from daemon.metrics import Look, LoopLag, Metrics, TextFile
from daemon.notify import Notifier
from daemon.patience import patiently
from daemon.reload import Load, Reload
from daemon.retention import Retention
from daemon.service import Conditions, Service
from daemon.status_line import tell
from daemon.stop import FLUSH_SECONDS, MARGIN_SECONDS, Stop, end_within
from daemon.supervisor import Supervisor
from frontends.contract import FrontEnd
from pipeline.models.registry import Registry
from storage import subscriptions
from storage.results.store import PictureFiles

READY_WITHIN_SECONDS = 10.0
"""A front end that has not come up by then no longer holds back READY."""
DISCORD_READS = ("discord.", "delivery.give_up_hours", "limits.max_image_bytes", "models.default")
"""What the bot is built with: it is made anew when any of them changes."""
START_SECONDS = 120.0

log = structlog.get_logger(__name__)


class Daemon:
    """The parts of a running daemon. :meth:`run` is called once."""

    def __init__(
        self,
        settings: Settings,
        stop: Stop,
        notifier: Notifier,
        clock: Clock,
        load: Load,
        hung_up: asyncio.Event,
        manner: Manner,
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._notifier = notifier
        self._clock = clock
        self._load = load
        self._hung_up = hung_up
        self._manner = manner

    async def run(self) -> bool:
        """True when it was asked to stop and did, False when a part that it can't do without failed.

        Raises :class:`UnusableError` when the database turned out to be damaged.
        """
        async with AsyncExitStack() as held:
            await self._start(held)
            failure = self._supervisor.failure
            asked = asyncio.create_task(self._stop.asked.wait())
            either: set[asyncio.Future[Any]] = {asked, failure}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            self._reload.close()
            end_within(self._grace_seconds + FLUSH_SECONDS + MARGIN_SECONDS)
            await self._shut_down()
        log.info("daemon_stopped", failed=failure.done())
        if self._database.damaged is not None:
            raise self._database.damaged
        return not failure.done()

    # --- start

    async def _start(self, held: AsyncExitStack) -> None:
        began = steady_ms()
        self._notifier.starting(START_SECONDS)
        settings, clock = self._settings, self._clock
        conditions = Conditions()
        self._database = database = await patiently(
            lambda: recovery.opened(settings, clock, conditions), self._stop, self._notifier
        )
        held.callback(database.close)
        files, registry, bus = PictureFiles(settings.state_dir), Registry(settings.models_file), Bus()
        self._registry, self._bus, self._supervisor = registry, bus, Supervisor()
        held.push_async_callback(self._supervisor.stop)  # also when the start fails half-way
        self._dispatcher = Dispatcher(
            database=database,
            files=files,
            bus=bus,
            settings=settings,
            registry=registry,
            clock=clock,
            conditions=conditions,
        )
        self._service = service = Service(
            settings=settings,
            database=database,
            files=files,
            registry=registry,
            bus=bus,
            dispatcher=self._dispatcher,
            clock=clock,
            conditions=conditions,
            front_ends=self._supervisor.states,
            board=self._dispatcher.board,
        )
        service.quotas.estimate_by(self._dispatcher.expected)
        self._outbox = Outbox(
            database=database,
            bus=bus,
            deliverers=service.deliverers,
            settings=settings.delivery,
            conditions=conditions,
            clock=clock,
        )
        self._retention = Retention(service.keeping, settings.retention)
        service.when_deliverer_comes(self._outbox.wake)
        conditions.tell(_from_any_thread(bus))
        self._metrics = Metrics(bus, Look(service.status, database, files))
        self._text_file = TextFile(self._metrics, settings.metrics, conditions)
        service.measured_by(self._metrics)
        self._reload = Reload(
            load=self._load, settings=settings, apply=self._take_over, conditions=conditions, notifier=self._notifier
        )
        await self._begin()
        log.info("daemon_ready", milliseconds=steady_ms() - began, state_dir=str(settings.state_dir))

    async def _begin(self) -> None:
        supervisor = self._supervisor
        supervisor.front_end(self._http())
        for front_end in (self._folders(), self._clockwork(), self._webhooks()):
            if front_end is not None:
                supervisor.front_end(front_end)
        if (bot := self._discord()) is not None:
            supervisor.front_end(bot, awaited=False)  # it depends on others, who may take their time
        if self._manner.draws:
            supervisor.essential("dispatcher", self._dispatcher.run())
        supervisor.essential("deliveries", self._outbox.run())
        if not self._manner.private:
            supervisor.essential("retention", self._retention.run())
        supervisor.essential("lock", lock.keep(self._settings.lock_file))
        supervisor.essential("database", self._database.damage())
        supervisor.essential("loop lag", LoopLag(self._metrics.registry).run())
        if not self._manner.private:
            supervisor.essential("metrics file", self._text_file.run())
        if self._notifier.wanted:
            supervisor.essential("status line", tell(self._service, self._bus, self._notifier))
        with contextlib.suppress(FatalError, OSError):  # a spoilt list is told to whoever names a model
            await asyncio.to_thread(self._registry.list)  # hashes the starter once: the first submission needn't
        await supervisor.settled(READY_WITHIN_SECONDS)
        self._notifier.ready()
        self._service.reload_by(self._reload)
        supervisor.essential("reload", self._reload.on(self._hung_up))
        if self._notifier.watchdog_seconds is not None:
            signs = (watchdog.of_loop("dispatcher", self._dispatcher.heartbeat), watchdog.of_writer(self._database))
            supervisor.essential("watchdog", watchdog.watch(self._notifier, self._notifier.watchdog_seconds, *signs))

    def _http(self) -> FrontEnd:
        from frontends.http.native.server import NativeHttp

        return NativeHttp(self._service, self._settings.control_socket, self._settings.http)

    def _folders(self) -> FrontEnd | None:
        if self._manner.private or not self._settings.watch_folder.enabled:
            return None
        from frontends.watch_folder import WatchFolders

        return WatchFolders(self._settings, self._service, self._clock, self._manner.once)

    def _clockwork(self) -> FrontEnd | None:
        """Nothing recurs in a daemon that serves one command, or carries the folders out once."""
        if self._manner.private or self._manner.once is not None or not self._settings.schedules.enabled:
            return None
        from frontends.schedules import Clockwork

        return Clockwork(self._service, self._clock)

    def _webhooks(self) -> FrontEnd | None:
        """Also without hosts it takes what is still to be delivered, to say that nobody may be told any more."""
        if self._manner.private:
            return None
        from frontends.webhooks import Webhooks

        made = Webhooks(self._settings.webhooks, self._service)
        return made if self._settings.webhooks.hosts else None

    def _discord(self) -> FrontEnd | None:
        if self._manner.private or self._manner.once is not None or not self._settings.discord.enabled:
            return None
        from frontends.discord_bot.front_end import DiscordBot

        return DiscordBot(self._settings, self._service, self._clock)

    async def _take_over(self, settings: Settings, changed: Sequence[str]) -> None:
        """Settings that changed while it runs, handed to whoever reads them."""
        self._settings = settings
        logs.configure(settings.log.level, settings.log.levels)
        self._dispatcher.reconfigure(settings)
        self._service.reconfigure(settings)
        self._outbox.reconfigure(settings.delivery)
        self._text_file.reconfigure(settings.metrics)
        if any(key.startswith("retention.") for key in changed):
            self._retention.reconfigure(settings.retention)
        if any(key.startswith("watch_folder.") for key in changed):
            await self._supervisor.replace("folder", self._folders)
        if "schedules.enabled" in changed:
            await self._supervisor.replace("schedule", self._clockwork)
        elif any(key.startswith("schedules.") for key in changed):
            await self._service.schedules.take_over()
        if any(key.startswith("webhooks.") for key in changed):
            # Before the new ones are there: whoever still answers to what was said before ends none of them.
            await self._supervisor.replace("webhook", self._webhooks)
            await self._database.write(lambda c: subscriptions.replace(c, subscribers.of(settings)))
        if any(key.startswith(DISCORD_READS) for key in changed):
            await self._supervisor.replace("discord", self._discord)

    # --- end

    async def _shut_down(self) -> None:
        """Stop intake, let running jobs finish within the grace time, bring what is finished, close the doors."""
        self._notifier.stopping(self._grace_seconds + FLUSH_SECONDS + MARGIN_SECONDS)
        self._service.stop_intake()
        self._supervisor.expect_ends()
        names = [status.name for status in self._supervisor.states()]
        await self._supervisor.stop_front_ends(name for name in names if name != "http")
        await self._drain()
        await self._flush()
        self._bus.close()
        await self._supervisor.stop()

    async def _drain(self) -> None:
        """Running jobs may finish within the grace time; a further signal cuts it short and they are released."""
        drain = asyncio.create_task(self._dispatcher.drain(self._grace_seconds))
        if await self._told_to_end_before(drain):
            await self._dispatcher.drain(0)
        await drain

    @property
    def _grace_seconds(self) -> float:
        """With a damaged database no job's result can be recorded: no use to wait for one."""
        return self._settings.stop.grace_seconds if self._database.damaged is None else 0

    async def _flush(self) -> None:
        flush = asyncio.create_task(self._outbox.flush(FLUSH_SECONDS))
        if await self._told_to_end_before(flush):
            flush.cancel()
        await asyncio.gather(flush, return_exceptions=True)

    async def _told_to_end_before(self, task: asyncio.Task[None]) -> bool:
        now = asyncio.create_task(self._stop.now.wait())
        await asyncio.wait({task, now}, return_when=asyncio.FIRST_COMPLETED)
        now.cancel()
        return not task.done()


def _from_any_thread(bus: Bus) -> Callable[[ConditionChanged], None]:
    """A way onto the bus for threads; what comes after the loop has ended nobody hears."""
    loop = asyncio.get_running_loop()

    def tell(change: ConditionChanged) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(bus.publish, change)

    return tell
