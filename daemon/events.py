"""What happens to jobs, told to whoever watches.

Events are hints about the database, never its replacement: a subscriber that falls behind gets one
:class:`Missed` in place of what it did not take, and looks at the jobs again. A listener is called on the spot and
misses nothing: whoever counts is one. All calls belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Self

import structlog

from config.clock import now_ms
from daemon.happenings import Happening, Measure

MAX_WAITING = 1_000
"""Events held for one subscriber; a progress of each job counts once however often it moved."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job entered this state; the row is committed already. Two are equal when they say the same change."""

    job_id: str
    state: str
    order_id: str | None = None
    was: str | None = field(default=None, compare=False)
    """The state that it left; None for a new job."""
    lane: str | None = field(default=None, compare=False)
    owner: str | None = field(default=None, compare=False)
    error_kind: str | None = field(default=None, compare=False)
    """``user``, ``retryable`` or ``fatal``, of a failure, also one after which it is tried again."""
    why: str | None = field(default=None, compare=False)
    """Why it went back to the queue: ``failed``, ``engine_death``, ``released`` or ``retried`` (by somebody)."""
    waited_seconds: float | None = field(default=None, compare=False)
    """From its acceptance to its first start; with the change that starts it."""
    drawing_seconds: float | None = field(default=None, compare=False)
    """From the start of this attempt to its end; with the change that ends it."""
    engine_seconds: float | None = field(default=None, compare=False)
    """Its share of the forwards it took part in; with the change that ends it."""
    pictures: int = field(default=0, compare=False)
    picture_bytes: int = field(default=0, compare=False)
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A running job moved on; ``step`` of ``steps`` over all its pictures."""

    job_id: str
    step: int
    steps: int
    preview_png: bytes | None = None
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class Missed:
    """The subscriber was too slow: ``events`` of them were dropped here. Read the state of the jobs anew."""

    events: int
    at: int = field(default_factory=now_ms, compare=False)


Published = JobChanged | JobProgress | Happening
Event = Published | Missed
Listener = Callable[[Published | Measure], None]
"""Is called on the spot, so it must be quick; what it raises is logged."""


class Subscription:
    """The events of one job, or of all, since subscribing: ``with bus.subscribe() as events: async for ...``.

    Iteration ends when the bus closes (the daemon stops) or the subscription is left.
    """

    def __init__(self, bus: Bus, job_id: str | None, max_waiting: int) -> None:
        self._bus = bus
        self._job_id = job_id
        self._max_waiting = max_waiting
        self._waiting: OrderedDict[object, Event] = OrderedDict()
        self._serial = count()
        self._news = asyncio.Event()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._waiting.popitem(last=False)[1]

    def close(self) -> None:
        """Take no more; what is waiting can still be read."""
        self._closed = True
        self._news.set()
        self._bus.forget(self, self._job_id)

    def take_waiting(self) -> list[Event]:
        """What is waiting, without waiting for more."""
        taken = list(self._waiting.values())
        self._waiting.clear()
        return taken

    def offer(self, event: Event) -> None:
        """Put an event at the end; a newer progress of a job takes the place of the older one."""
        key: object = ("progress", event.job_id) if isinstance(event, JobProgress) else next(self._serial)
        self._waiting.pop(key, None)
        self._waiting[key] = event
        if len(self._waiting) > self._max_waiting:
            self._drop()
        self._news.set()

    def _drop(self) -> None:
        dropped = sum(event.events if isinstance(event, Missed) else 1 for event in self._waiting.values())
        self._waiting.clear()
        self._waiting[next(self._serial)] = Missed(dropped)


class Bus:
    """Carries events from the service and the dispatcher to subscribers; publishing never waits."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._subscribers: dict[str | None, set[Subscription]] = {}
        self._listeners: list[Listener] = []
        self._closed = False

    def publish(self, event: Published) -> None:
        """Tell everyone who watches this job or all jobs."""
        self.measure(event)
        for subscription in self._audience(getattr(event, "job_id", None)):
            subscription.offer(event)

    def measure(self, event: Published | Measure) -> None:
        """Tell the listeners alone: too often, or too dull, for those who watch."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception as error:  # boundary: what somebody counts is never worth a job
                log.error("listener_broke", exc_info=error)

    def listen(self, listener: Listener) -> None:
        """Call it with every event from now on, in order, none left out."""
        self._listeners.append(listener)

    def subscribe(self, job_id: str | None = None) -> Subscription:
        """Events of one job, or of every job."""
        subscription = Subscription(self, job_id, self._max_waiting)
        self._subscribers.setdefault(job_id, set()).add(subscription)
        if self._closed:
            subscription.close()
        return subscription

    def forget(self, subscription: Subscription, job_id: str | None) -> None:
        """A subscription was left."""
        subscribers = self._subscribers.get(job_id, set())
        subscribers.discard(subscription)
        if not subscribers:
            self._subscribers.pop(job_id, None)

    def close(self) -> None:
        """End every subscription after what it has waiting."""
        self._closed = True
        for subscription in [each for group in self._subscribers.values() for each in group]:
            subscription.close()

    def _audience(self, job_id: str | None) -> Iterator[Subscription]:
        yield from tuple(self._subscribers.get(None, ()))
        if job_id is not None:
            yield from tuple(self._subscribers.get(job_id, ()))
