"""When jobs will have their pictures, told from how things stand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from config.clock import Clock, now_ms
from daemon.fairness import course
from daemon.fairness.estimates import Speeds
from daemon.fairness.forecast import LATELY, Board, Comes, Draws, Expected, Forecast, Line, Waits, to_come
from daemon.fairness.work import Work
from storage import speeds
from storage.database import Connection, Database
from storage.queue import outlook
from storage.queue.job import LANES, Job

log = structlog.get_logger(__name__)

MOST = 400
"""Waiting jobs that are looked at, some two milliseconds of computing each; those beyond follow at the pace of their
owners."""
FRESH_SECONDS = 1.0
REST = 10
"""Nothing is forecast again before so many times as long has gone by as it took: a long queue moves slowly."""

SOON_SECONDS = 1.0
"""A look that takes no longer is taken at once for a job that the last one did not know. Else such a job is told by the
pace of its owner."""
FEW = 20
"""In longer lists nobody is looked for who stands further back than those that were looked at."""

UNKNOWN = Expected(None, None, None)


class Foresight:
    """Looks ahead when somebody asks, at most about once a second, off the event loop."""

    def __init__(
        self,
        database: Database,
        board: Callable[[], Board],
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Clock = now_ms,
    ) -> None:
        self._database = database
        self._board = board
        self._clock = clock
        self._wall_clock = wall_clock
        self._one_at_a_time = asyncio.Lock()
        self._forecast = Forecast()
        self._paused = False
        self._made_at = self._took = float("-inf")

    async def of(self, jobs: Sequence[Job]) -> dict[str, Expected]:
        """What is expected of those among the jobs that have not ended, by their id."""
        wanted = [job for job in jobs if job.state in ("queued", "running")]
        if not wanted:
            return {}
        # One that came after the last look is worth another.
        await self._look(soon=any(job.id not in self._forecast.jobs for job in wanted))
        found = {}
        for job in wanted:
            expected = self._forecast.jobs.get(job.id)
            if expected is None and job.state == "queued" and len(wanted) <= FEW:
                expected = await self._beyond(job)
            found[job.id] = self._now(expected or UNKNOWN)
        return found

    async def lanes(self) -> dict[str, float | None]:
        """Of each lane with work: seconds until the last of its jobs is done; None where nobody knows."""
        await self._look()
        last = {LANES[lane]: Expected(None, None, ends) for lane, ends in self._forecast.lanes.items()}
        return {lane: self._now(expected).ends_s for lane, expected in last.items()}

    async def _look(self, *, soon: bool = False) -> None:
        asked = self._clock()
        async with self._one_at_a_time:
            if self._made_at >= asked or not self._is_due(soon=soon):
                return
            began = self._clock()
            seen, lately, known = await self._database.read(_read)
            board = _completed(self._board(), seen)
            aboard = {job.id for job in board.aboard}
            waiting = [_waits(job) for job in seen.jobs if job.id not in aboard]
            coming = to_come([_came(job, self._wall_clock()) for job in lately])
            line = Line(waiting=waiting, coming=coming, times=seen.times, beyond=seen.beyond)
            try:
                self._forecast = await asyncio.to_thread(course.forecast, board, line, known)
            except Exception as error:  # boundary: no answer is lost because the future can't be told
                log.error("forecast_failed", exc_info=error)
                self._forecast = Forecast()
            self._paused, self._made_at, self._took = seen.paused, began, self._clock() - began

    def _is_due(self, *, soon: bool) -> bool:
        if soon and self._took <= SOON_SECONDS:
            return True
        return self._clock() - self._made_at >= max(FRESH_SECONDS, REST * self._took)

    async def _beyond(self, job: Job) -> Expected | None:
        place = await self._database.read(lambda connection: outlook.place_in_line(connection, job.id))
        if place is None:
            return None
        lane, owner, number = place
        pace = self._forecast.paces.get((lane, owner))
        return None if pace is None else pace.at(number)

    def _now(self, expected: Expected) -> Expected:
        """Some time has gone by since the forecast was made. While the queue is paused nobody knows when it goes on."""
        age = self._clock() - self._made_at
        if self._paused and expected.position is not None:
            return replace(expected, starts_s=None, ends_s=None)
        return replace(expected, starts_s=_later(expected.starts_s, age), ends_s=_later(expected.ends_s, age))


def _later(seconds: float | None, age: float) -> float | None:
    return None if seconds is None else max(0.0, seconds - age)


def _read(connection: Connection) -> tuple[outlook.Outlook, list[outlook.CameJob], Speeds]:
    return outlook.outlook(connection, MOST), outlook.lately(connection, LATELY), Speeds.of(speeds.read(connection))


def _completed(board: Board, seen: outlook.Outlook) -> Board:
    """With those that were claimed and are still on their way to the engine."""
    there = {job.id for job in board.aboard} | board.ending
    coming = [
        Draws(id=job.id, lane=job.lane, owner=job.owner, work=Work.of(job.request), alone=job.alone)
        for job in seen.running
        if job.id not in there
    ]
    return replace(board, aboard=(*board.aboard, *coming))


def _waits(job: outlook.ReadyJob) -> Waits:
    return Waits(
        id=job.id,
        seq=job.seq,
        lane=job.lane,
        owner=job.owner,
        work=Work.of(job.request),
        priority=job.priority,
        alone=job.alone,
    )


def _came(job: outlook.CameJob, now: int) -> Comes:
    return Comes(seconds=(now - job.queued_at) / 1000, lane=job.lane, owner=job.owner, work=Work.of(job.request))


def nothing_known() -> Board:
    """Where there is no engine."""
    return Board(capacity=0)
