"""The loop: sleep until something is due, a job has ended or a schedule was changed; never for long without a look."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog

from config.clock import Clock, now_ms, steady_ms
from config.errors import RetryableError
from daemon.service import TERMINAL, JobChanged, Missed, SchedulesStatus, Service
from frontends.schedules.alarm import Alarm
from frontends.schedules.clock_watch import ClockWatch
from frontends.schedules.delivering import Deliverer

SOURCE = "schedule"
LOOK_SECONDS = 20.0
"""The clocks are compared at least so often while anything is to come."""
TROUBLE_SECONDS = 2.0
"""Wait after a round in which something could not be carried out."""

log = structlog.get_logger(__name__)


class Clockwork:
    """Recurring orders are carried out while it runs. ``started`` is set after the first round."""

    name = SOURCE

    def __init__(self, service: Service, clock: Clock = now_ms, steady: Clock = steady_ms) -> None:
        self.started = asyncio.Event()
        self._service = service
        self._schedules = service.schedules
        self._clock = clock
        self._steady = steady
        self._wake = asyncio.Event()
        self._known = SchedulesStatus(0, 0, None)
        service.register_deliverer(SOURCE, Deliverer(service))

    def status(self) -> str:
        """How many there are, and when the next is due."""
        if self._known.all == 0:
            return "no schedules"
        told = f"{self._known.all} kept, {self._known.armed} to come"
        if self._known.next_at is None:
            return told
        return f"{told}, the next at {datetime.fromtimestamp(self._known.next_at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"

    async def run(self) -> None:
        """Until cancelled. ``started`` is set once everything that is due has been decided."""
        watch = ClockWatch(self._clock, self._steady)
        alarm = Alarm(self._wake.set)
        alarm.start()
        self._schedules.when_changed(self._wake.set)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(), name="endings of schedules")
                await self._prepare()
                while True:
                    self._wake.clear()
                    await self._round(watch, alarm)
        finally:
            self._schedules.when_changed(lambda: None)
            alarm.stop()

    async def _prepare(self) -> None:
        while True:
            try:
                await self._schedules.take_over()
                await self._schedules.firing.recompute()
                await self._schedules.firing.settle()
                return
            except RetryableError as error:
                log.warning("schedules_unreadable", why=error.message)
                await asyncio.sleep(TROUBLE_SECONDS)

    async def _round(self, watch: ClockWatch, alarm: Alarm) -> None:
        look = watch.look()
        try:
            if look.jumped_ms:
                log.warning("clock_jumped", milliseconds=look.jumped_ms)
                await self._schedules.firing.recompute()
            next_at = await self._schedules.firing.fire(look.awake_since)
            self._known = await self._schedules.status()
        except RetryableError as error:
            log.warning("schedules_unreadable", why=error.message)
            self.started.set()
            await asyncio.sleep(TROUBLE_SECONDS)
            return
        self.started.set()
        if self._schedules.firing.troubled:
            await asyncio.sleep(TROUBLE_SECONDS)
        if next_at is not None:
            alarm.set(max(0.0, (next_at - self._clock()) / 1000))
        await self._rest(LOOK_SECONDS if next_at is not None or self._schedules.firing.waits else None)

    async def _rest(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _listen(self) -> None:
        """A job that ends may make room for an occurrence that waits."""
        with self._service.watch() as events:
            async for event in events:
                if isinstance(event, Missed):
                    await self._settle(None)
                elif isinstance(event, JobChanged) and event.state in TERMINAL:
                    await self._settle(event.job_id)

    async def _settle(self, job: str | None) -> None:
        try:
            if await self._schedules.firing.settle(job):
                self._wake.set()
        except RetryableError as error:
            log.warning("ending_unrecorded", job=job, why=error.message)
