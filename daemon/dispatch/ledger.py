"""Writes into the queue what became of jobs, and tells the bus once it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from config.clock import Clock
from config.errors import RetryableError
from config.failpoints import reach
from config.settings import QueueSettings
from daemon.dispatch.choosing import Choosing
from daemon.dispatch.conditions import Conditions
from daemon.dispatch.held import Name
from daemon.dispatch.telling import JobTeller
from daemon.events import Bus
from daemon.fairness.estimates import Speeds, Spent
from storage import queue, speeds
from storage.database import Database
from storage.queue.job import Job, JobError
from storage.queue.release import UNMEASURED
from storage.results.store import NewPicture
from storage.speeds import Speed

T = TypeVar("T")


MAX_DOUBLINGS = 20
FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 5.0

_log = structlog.get_logger(__name__)


async def insist(operation: Callable[[], Awaitable[T]], conditions: Conditions) -> T:
    """Do it until the disk lets it happen.

    A full disk, a locked database and an I/O error pass; what was drawn is kept in memory meanwhile, and so little is
    held that waiting costs less than drawing it again. Any other error passes through.
    """
    pause, told = FIRST_PAUSE_SECONDS, False
    try:
        while True:
            try:
                return await operation()
            except (OSError, RetryableError) as error:
                _log.warning("recording_postponed", error=type(error).__name__, reason=str(error), seconds=pause)
                conditions.report("results", f"results can't be recorded: {error}", _heals(error))
                told = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
    finally:
        if told:  # also when nobody waits for it any more: whoever still does says so again
            conditions.clear("results")


def _heals(error: OSError | RetryableError) -> str:
    hint = error.hint if isinstance(error, RetryableError) else None
    return f"tried again by itself, nothing is lost{f' ({hint})' if hint else ''}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim gave."""

    jobs: Sequence[Job]
    wanting: Sequence[int]
    """Urgencies of the lanes in which more may be claimed."""


class Ledger:
    """Every verb of the queue that the dispatcher uses. All writes are fenced on ``(job, attempt)`` by storage."""

    def __init__(
        self, *, database: Database, bus: Bus, settings: QueueSettings, clock: Clock, conditions: Conditions
    ) -> None:
        self._database = database
        self._teller = JobTeller(bus)
        self._settings = settings
        self._clock = clock
        self._conditions = conditions
        self.speeds = Speeds()
        """What was learnt of how long jobs take."""

    def reconfigure(self, settings: QueueSettings) -> None:
        """Other bounds on attempts and other waits from now on."""
        self._settings = settings

    async def claim(self, choosing: Callable[[], Choosing], limit: int) -> Claimed:
        """The next jobs, as they are chosen; they are running once this returns."""

        def operation(connection: queue.Connection) -> tuple[Claimed, int]:
            now, chosen = self._clock(), choosing()
            jobs = queue.claim(
                connection,
                choose=chosen.choose,
                charge=chosen.charge,
                now=now,
                lease_until=now + self._lease_ms,
                limit=limit,
                max_attempts=self._settings.max_attempts,
            )
            waiting = queue.Waiting(connection, max_attempts=self._settings.max_attempts)
            return Claimed(jobs, chosen.wanting(waiting)), now

        claimed, now = await self._write(operation)
        if claimed.jobs:
            reach("claim.after_commit")
        for job in claimed.jobs:
            _log.info("job_claimed", job=job.id, attempt=job.attempt, lane=job.lane, alone=job.alone)
            self._teller.started(job, now)
        return claimed

    async def is_freed(self) -> bool:
        """Whether the queue was paused with its memory given back, also before this daemon started."""
        return await insist(lambda: self._database.read(queue.is_freed), self._conditions)

    async def renew(self, names: Sequence[Name]) -> None:
        """Push the leases of these jobs out."""
        await self._write(lambda connection: queue.renew(connection, names, self._clock() + self._lease_ms))

    async def recall(self) -> None:
        """Read what was learnt before."""
        self.speeds = Speeds.of(await insist(lambda: self._database.read(speeds.read), self._conditions))

    async def finish(self, job: Job, pictures: Sequence[NewPicture], spent: Spent) -> bool:
        """Record the result and what it teaches. False, with nothing written, when somebody else owns the job."""
        hard = any(picture.facts.get("low_memory") for picture in pictures)
        lesson = None if hard else self.speeds.lesson(job.request, spent)
        taken = spent.engine_seconds

        known: list[Speed] = []

        def operation(connection: queue.Connection) -> bool:
            now = self._clock()
            done = queue.finish(connection, job.id, job.attempt, pictures, now=now, engine_seconds=taken)
            if done and lesson is not None:
                known.append(speeds.learn(connection, lesson, now=now))
            return done

        done = await self._write(operation)
        reach("finish.after_commit")
        if done:
            for speed in known[-1:]:
                self.speeds = self.speeds.and_now(speed)
            _log.info("job_finished", job=job.id, attempt=job.attempt, pictures=len(pictures))
            self._teller.ended(job, "done", pictures=pictures)
        return done

    async def loaded(self, model: str, seconds: float) -> None:
        """Remember how long the loading of a model took."""
        now = self._clock()
        known = await self._write(lambda connection: speeds.learn_load(connection, model, seconds, now=now))
        self.speeds = self.speeds.and_load(model, known)

    def spent(self, job: Job, engine_seconds: float) -> None:
        """What the engine has charged for the attempt so far."""
        self._teller.spent(job, engine_seconds)

    async def recorded(self, job: Job) -> frozenset[str]:
        """Ids of the pictures that rows name for this job: a commit may have counted although it reported an error.

        Nobody was told of such a commit yet, so the state is told here.
        """
        found = await insist(
            lambda: self._database.read(lambda connection: queue.get(connection, job.id)), self._conditions
        )
        if found.pictures:
            self._teller.ended(job, found.state, pictures=found.pictures)
        return frozenset(picture.id for picture in found.pictures)

    async def fail(
        self, job: Job, error: JobError, *, blameless: bool = False, engine_seconds: float = 0.0
    ) -> float | None:
        """Record a failure; seconds until the next attempt, if there is to be one.

        A ``blameless`` job is tried again however often it was: what is in its way has nothing to do with it.
        """
        wait = min(
            self._settings.retry_seconds * 2 ** min(job.attempt - 1, MAX_DOUBLINGS), queue.LONGEST_REST_MS / 1000
        )
        most = self._settings.max_attempts
        state = await self._write(
            lambda connection: queue.fail(
                connection,
                job.id,
                job.attempt,
                error,
                now=self._clock(),
                max_attempts=max(most, job.attempt + 1) if blameless else most,
                retry_ms=round(wait * 1000),
                engine_seconds=engine_seconds,
            )
        )
        _log.warning("job_failed", job=job.id, attempt=job.attempt, kind=error.kind, state=state)
        if state is not None:  # a fenced write has no state to tell: whoever owns the job tells it
            self._teller.ended(job, state, why="failed", error_kind=error.kind)
        return wait if state == "queued" else None

    async def cancelled(self, job: Job, engine_seconds: float = 0.0) -> None:
        """The engine has let go of a job that its owner does not want."""

        def operation(connection: queue.Connection) -> bool:
            return queue.cancelled(connection, job.id, job.attempt, now=self._clock(), engine_seconds=engine_seconds)

        if await self._write(operation):
            _log.info("job_cancelled", job=job.id, attempt=job.attempt)
            self._teller.ended(job, "cancelled")

    async def release(self, jobs: Sequence[Job], engine_seconds: Mapping[str, float] = UNMEASURED) -> None:
        """Put jobs back with their attempt: nothing went wrong with them."""
        if not jobs:
            return
        names = [(job.id, job.attempt) for job in jobs]

        def operation(connection: queue.Connection) -> list[str]:
            queue.release(connection, names, now=self._clock(), engine_seconds=engine_seconds)
            return [queue.get(connection, job.id).state for job in jobs]

        states = await self._write(operation)
        _log.info("jobs_released", jobs=[job.id for job in jobs])
        for job, state in zip(jobs, states, strict=True):
            self._teller.ended(job, state, why="released")

    async def accuse(self, jobs: Sequence[Job], reason: str, engine_seconds: Mapping[str, float] = UNMEASURED) -> None:
        """An engine died with these jobs on board: each is to run alone, until the culprit is found."""
        if not jobs:
            return
        names = [(job.id, job.attempt) for job in jobs]
        states = await self._write(
            lambda connection: queue.accuse(
                connection,
                names,
                reason,
                now=self._clock(),
                max_attempts=self._settings.max_attempts,
                engine_seconds=engine_seconds,
            )
        )
        _log.warning("jobs_accused", jobs=[job.id for job in jobs], reason=reason)
        for job in jobs:
            if (state := states.get(job.id)) is not None:
                self._teller.ended(job, state, why="engine_death", error_kind="retryable")

    @property
    def _lease_ms(self) -> int:
        return round(self._settings.lease_seconds * 1000)

    async def _write(self, operation: Callable[[queue.Connection], T]) -> T:
        return await insist(lambda: self._database.write(operation), self._conditions)
