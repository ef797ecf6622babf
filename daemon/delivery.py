"""Brings results to where their jobs came from: drains the outbox, again and again until each is there.

A delivery is at least once: after a crash the same row is delivered again, and its deliverer recognises it
by the id. Each source has a bounded number under way, so that a slow one holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from config.clock import Clock
from config.errors import RetryableError
from config.failpoints import reach
from config.settings import DeliverySettings
from daemon.events import Bus, JobChanged, Missed
from daemon.happenings import DeliveryTried
from daemon.service import TERMINAL, Conditions, Deliverer, LaterError, UndeliverableError
from storage import deliveries, queue
from storage.database import Database
from storage.deliveries import Delivery

LOOK_EVERY_SECONDS = 30.0
"""The outbox is looked at so often even if nothing woke us: rows that another moment left behind."""

log = structlog.get_logger(__name__)


class Outbox:
    """The loop over all sources that have a deliverer."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        deliverers: Callable[[], dict[str, Deliverer]],
        settings: DeliverySettings,
        conditions: Conditions,
        clock: Clock,
    ) -> None:
        self._database = database
        self._bus = bus
        self._deliverers = deliverers
        self._settings = settings
        self._conditions = conditions
        self._clock = clock
        self._wake = asyncio.Event()
        self._under_way: dict[str, dict[str, asyncio.Task[None]]] = {}
        self._next_try: dict[str, float] = {}
        """By the time of the loop: the clock may be set."""
        self._asked_to_wait: set[str] = set()
        """Those that wait for longer than any does by itself: no clock was set back, they were asked to."""
        self._starting = asyncio.Lock()

    def reconfigure(self, settings: DeliverySettings) -> None:
        """Other waits and bounds from now on."""
        self._settings = settings

    def wake(self) -> None:
        """There may be something to deliver, or someone new to deliver it."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; deliveries under way are then broken off and come again at the next start."""
        listener = asyncio.create_task(self._listen())
        try:
            while True:
                self._wake.clear()
                try:
                    await self._start_due()
                except RetryableError as error:
                    log.warning("outbox_unreadable", why=error.message)
                    await asyncio.sleep(self._settings.retry_seconds)
                else:
                    await self._rest()
        finally:
            listener.cancel()
            for task in self._tasks():
                task.cancel()
            await asyncio.gather(listener, *self._tasks(), return_exceptions=True)

    async def flush(self, timeout_seconds: float) -> None:
        """Until nothing that is due is left, at most so long: the last act before the daemon ends."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while await self._start_due() or self._tasks():
                    if under_way := self._tasks():
                        await asyncio.wait(under_way)
        except TimeoutError:
            log.warning("deliveries_left", under_way=len(self._tasks()))

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for source in self._under_way.values() for task in source.values()]

    async def _listen(self) -> None:
        with self._bus.subscribe() as events:
            async for event in events:
                if isinstance(event, Missed) or (isinstance(event, JobChanged) and event.state in TERMINAL):
                    self._wake.set()

    async def _rest(self) -> None:
        soonest = min(self._next_try.values(), default=None)
        seconds = LOOK_EVERY_SECONDS
        if soonest is not None:
            seconds = min(seconds, max(0.0, soonest - _loop_time()))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _start_due(self) -> int:
        """Start what is due, source by source; returns how many were started."""
        async with self._starting:
            now = _loop_time()
            self._next_try = {name: at for name, at in self._next_try.items() if at > now}
            self._asked_to_wait &= self._next_try.keys()
            return sum([await self._start_due_of(*each) for each in self._deliverers().items()])

    async def _start_due_of(self, source: str, deliverer: Deliverer) -> int:
        under_way = self._under_way.setdefault(source, {})
        busy = set(under_way)  # before the read: one that ends while we read may still be in what we read
        free = self._settings.at_once - len(busy)
        if free <= 0:
            return 0
        now = self._clock()
        latest = now + self._longest_wait_ms
        asleep = busy | self._asked_to_wait
        due = await self._database.read(
            lambda c: deliveries.due(c, now, free + len(asleep), source=source, latest=latest)
        )
        chosen = [each for each in due if each.id not in asleep][:free]
        for delivery in chosen:
            under_way[delivery.id] = asyncio.create_task(self._bring(source, deliverer, delivery))
        return len(chosen)

    async def _bring(self, source: str, deliverer: Deliverer, delivery: Delivery) -> None:
        try:
            await self._attempt(deliverer, delivery)
        except Exception as error:  # the database itself failed: the row is as it was and is looked at again
            log.error("delivery_unrecorded", delivery=delivery.id, job=delivery.job_id, exc_info=error)
            await asyncio.sleep(self._wait_ms(delivery.attempt) / 1000)  # it is due all the while: it keeps its place
        finally:
            del self._under_way[source][delivery.id]
            self._wake.set()

    async def _attempt(self, deliverer: Deliverer, delivery: Delivery) -> None:
        job = await self._database.read(lambda c: queue.get(c, delivery.job_id))
        try:
            reach("delivery.before")
            await deliverer.deliver(delivery, job)
            reach("delivery.after")
        except UndeliverableError as error:
            await self._failed(delivery, error, final=True)
        except (RetryableError, OSError) as error:
            tried_ms = self._waited_ms(delivery.attempt)
            await self._failed(delivery, error, final=tried_ms > self._settings.give_up_hours * 3_600_000)
        except Exception as error:  # whatever a deliverer does wrong, the outbox goes on
            log.error("delivery_broke", delivery=delivery.id, job=delivery.job_id, exc_info=error)
            await self._failed(delivery, error, final=delivery.attempt + 1 >= self._settings.max_attempts)
        else:
            await self._database.write(lambda c: deliveries.done(c, delivery.id, self._clock()))
            reach("delivery.recorded")
            self._conditions.clear(_place(delivery))
            log.info("delivery_made", delivery=delivery.id, job=job.id, source=delivery.source)
            self._bus.publish(DeliveryTried(job.id, delivery.source, "made"))

    async def _failed(self, delivery: Delivery, error: Exception, *, final: bool) -> None:
        reason = f"{type(error).__name__}: {error}"[:500]
        if final:
            await self._give_up(delivery, reason)
            return
        wait_ms, tries = self._wait_ms(delivery.attempt), 1
        asked_ms = int(error.seconds * 1000) if isinstance(error, LaterError) else 0
        if asked_ms > wait_ms:
            # It stands for the tries that would have been made meanwhile: so it is given up as soon as any other.
            wait_ms, tries = asked_ms, max(1, asked_ms // self._longest_wait_ms)
            if asked_ms > self._longest_wait_ms:
                self._asked_to_wait.add(delivery.id)
        not_before = self._clock() + wait_ms
        self._next_try[delivery.id] = _loop_time() + wait_ms / 1000
        await self._database.write(lambda c: deliveries.postpone(c, delivery.id, reason, not_before, tries))
        self._conditions.report(_place(delivery), reason, "each result is tried again by itself, ever less often")
        log.warning("delivery_postponed", delivery=delivery.id, job=delivery.job_id, why=reason)
        self._bus.publish(DeliveryTried(delivery.job_id, delivery.source, "postponed", reason))

    async def _give_up(self, delivery: Delivery, reason: str) -> None:
        now = self._clock()
        await self._database.write(lambda c: deliveries.give_up(c, delivery.id, reason, now))
        log.error("delivery_given_up", delivery=delivery.id, job=delivery.job_id, why=reason)
        self._bus.publish(DeliveryTried(delivery.job_id, delivery.source, "given_up", reason))
        self._next_try.pop(delivery.id, None)
        if not self._next_try:  # no other has failed that is still tried: nobody would say that it is well again
            self._conditions.clear(_place(delivery))

    def _wait_ms(self, attempt: int) -> int:
        settings = self._settings
        return int(min(self._longest_wait_ms, 1000 * settings.retry_seconds * 2.0 ** min(attempt, 30)))

    def _waited_ms(self, attempts: int) -> int:
        """The waits between so many tries: for how long it was tried, whatever the clock was set to meanwhile."""
        growing = min(attempts, 31)
        return sum(map(self._wait_ms, range(growing))) + (attempts - growing) * self._wait_ms(growing)

    @property
    def _longest_wait_ms(self) -> int:
        return int(1000 * self._settings.longest_wait_seconds)


def _place(delivery: Delivery) -> str:
    return f"delivery to {' '.join(filter(None, (delivery.source, delivery.target)))}"


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
