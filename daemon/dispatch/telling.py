"""Tells the bus what became of jobs and of the engine, with the figures that go with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.dispatch.held import Name
from daemon.events import Bus, JobChanged
from daemon.happenings import EngineChanged, EngineSpent, EngineWorked, ModelChanged
from pipeline.messages import Loaded, Loading, Pulse
from storage.queue.job import Job, Picture
from storage.results.store import NewPicture


@dataclass(slots=True)
class _Attempt:
    began: float
    engine_seconds: float = 0.0


class JobTeller:
    """Remembers of each attempt under way when it began and what the engine charged for it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._under_way: dict[Name, _Attempt] = {}

    def started(self, job: Job, claimed_at: int) -> None:
        """The job was claimed at this moment (UTC epoch milliseconds)."""
        self._under_way[job.id, job.attempt] = _Attempt(time.monotonic())
        first = job.started_at == claimed_at
        self._bus.publish(
            JobChanged(
                job.id,
                "running",
                job.order_id,
                was="queued",
                lane=job.lane,
                owner=job.owner,
                waited_seconds=max(0, claimed_at - job.queued_at) / 1000 if first else None,
            )
        )

    def spent(self, job: Job, engine_seconds: float) -> None:
        """What the engine has charged for the attempt so far."""
        attempt = self._under_way.get((job.id, job.attempt))
        if attempt is not None and engine_seconds > attempt.engine_seconds:
            self._bus.measure(EngineSpent(job.lane, engine_seconds - attempt.engine_seconds))
            attempt.engine_seconds = engine_seconds

    def ended(
        self,
        job: Job,
        state: str,
        *,
        why: str | None = None,
        error_kind: str | None = None,
        pictures: Sequence[NewPicture | Picture] = (),
    ) -> None:
        """The attempt is over, and the job in this state. One that was told before left no state any more."""
        attempt = self._under_way.pop((job.id, job.attempt), None)
        self._bus.publish(
            JobChanged(
                job.id,
                state,
                job.order_id,
                was=state if attempt is None else "running",
                lane=job.lane,
                owner=job.owner,
                error_kind=error_kind,
                why=why if state == "queued" else None,
                drawing_seconds=None if attempt is None else time.monotonic() - attempt.began,
                engine_seconds=None if attempt is None else attempt.engine_seconds,
                pictures=len(pictures),
                picture_bytes=sum(picture.bytes for picture in pictures),
            )
        )


class EngineTeller:
    """Turns what an engine says into what it did since the last time."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._last: Pulse | None = None

    def ready(self, device: str) -> None:
        """A new engine, whose counters begin at nothing."""
        self._last = None
        self._bus.publish(EngineChanged("ready", device))

    def gone(self, why: str) -> None:
        """It ended, and will be started again."""
        self._rest()
        self._bus.publish(EngineChanged("gone", why=why))

    def freed(self) -> None:
        """It was ended so that its memory is free."""
        self._rest()
        self._bus.publish(EngineChanged("freed"))

    def heard(self, message: object) -> None:
        """One of its messages."""
        if isinstance(message, Pulse):
            self._worked(message)
        elif isinstance(message, Loading):
            self._bus.publish(ModelChanged(message.model, "loading"))
        elif isinstance(message, Loaded):
            self._bus.publish(ModelChanged(message.model, "loaded", message.seconds))

    def _worked(self, pulse: Pulse) -> None:
        last, self._last = self._last, pulse
        before = (last.forwards, last.steps, last.busy_seconds) if last is not None else (0, 0, 0.0)
        if pulse == last:
            return
        self._bus.measure(
            EngineWorked(
                forwards=pulse.forwards - before[0],
                steps=pulse.steps - before[1],
                busy_seconds=max(0.0, pulse.busy_seconds - before[2]),
                active=pulse.active,
                parked=pulse.parked,
            )
        )

    def _rest(self) -> None:
        self._bus.measure(EngineWorked(forwards=0, steps=0, busy_seconds=0.0, active=0, parked=0))
