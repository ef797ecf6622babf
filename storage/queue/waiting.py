"""What waits, as whoever chooses the next job may look at it: lanes, owners by turn, jobs in their owner's order.

It is read as far as it is asked for, and every look is an index seek, so that the length of the queue does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.queue.job import LANES
from storage.queue.pause import is_paused
from storage.schema import jobs, lane_owners
from storage.schema.jobs import is_ready
from storage.schema.turns import is_active

LOOK_AT_JOBS = 32
"""Jobs of an owner that may be looked at for one claim."""
MAY_PASS = 64
"""Of an owner's jobs only those accepted together with his first so many others may be claimed before it."""

_lane: sa.BindParameter[int] = sa.bindparam("in_lane")
_owner: sa.BindParameter[str] = sa.bindparam("of_owner")
_asked = jobs.c.request

OWNERS = (
    sa.select(lane_owners.c.owner, lane_owners.c.virtual_time)
    .where(lane_owners.c.lane == _lane, is_active)
    .order_by(lane_owners.c.virtual_time, lane_owners.c.since, lane_owners.c.owner)
)
NEXT_OWNER = OWNERS.limit(1)
JOBS_OF_OWNER: sa.Select[Any] = (
    sa.select(
        jobs.c.seq,
        jobs.c.priority,
        jobs.c.attempt,
        jobs.c.alone,
        jobs.c.model,
        sa.func.json_extract(_asked, "$.width").label("width"),
        sa.func.json_extract(_asked, "$.height").label("height"),
    )
    .where(jobs.c.lane == _lane, jobs.c.owner == _owner, is_ready)
    .order_by(jobs.c.priority.desc(), jobs.c.seq)
    .limit(LOOK_AT_JOBS)
)


@dataclass(frozen=True, slots=True)
class Place:
    """An owner who has something to claim; who has the smallest ``time`` in a lane is next."""

    owner: str
    time: float


@dataclass(frozen=True, slots=True)
class ReadyJob:
    """A job that may be claimed."""

    seq: int
    owner: str
    model: str
    width: int
    height: int
    alone: bool
    """It must be claimed alone, by an engine without work."""


class Waiting:
    """Of use inside the transaction of a claim only. Iteration may stop at any point."""

    def __init__(self, connection: Connection, *, max_attempts: int) -> None:
        self._connection = connection
        self._max_attempts = max_attempts

    def lanes(self) -> list[int]:
        """Urgencies of the lanes in which something may be claimed; none while the queue is paused."""
        return ready_lanes(self._connection)

    def turns(self, lane: int) -> Iterator[Place]:
        """Owners in order of their turn."""
        with self._connection.execute(OWNERS, {"in_lane": lane}) as found:
            for row in found:
                yield Place(row.owner, row.virtual_time)

    def jobs(self, lane: int, owner: str) -> Iterator[ReadyJob]:
        """The owner's next job, and those of its priority that were accepted shortly after it.

        One that must run alone comes when it is the next, and then nothing comes after it.
        """
        head: sa.Row[Any] | None = None
        with self._connection.execute(JOBS_OF_OWNER, {"in_lane": lane, "of_owner": owner}) as found:
            for row in found:
                if head is not None and not self._goes_with(row, head):
                    return
                yield self._job(row, owner)
                head = row if head is None else head
                if self._alone(row):
                    return

    def _goes_with(self, row: sa.Row[Any], head: sa.Row[Any]) -> bool:
        return row.priority == head.priority and row.seq <= head.seq + MAY_PASS and not self._alone(row)

    def _alone(self, row: sa.Row[Any]) -> bool:
        return is_alone(row, self._max_attempts)

    def _job(self, row: sa.Row[Any], owner: str) -> ReadyJob:
        return ReadyJob(row.seq, owner, row.model or "", row.width or 0, row.height or 0, self._alone(row))


def is_alone(row: sa.Row[Any], max_attempts: int) -> bool:
    """Whether the job of a row must run alone.

    Also one whose attempts are used up (the cap was lowered, or its last one was shared with the culprit of a crash):
    it gets one more.
    """
    return bool(row.alone) or row.attempt >= max_attempts


def ready_lanes(connection: Connection) -> list[int]:
    """Urgencies of the lanes in which something may be claimed; none while the queue is paused."""
    if is_paused(connection):
        return []
    lanes = range(len(LANES))
    return [lane for lane in lanes if connection.execute(NEXT_OWNER, {"in_lane": lane}).first() is not None]
