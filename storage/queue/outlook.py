"""What waits, as far as somebody who wants to tell the future must know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from pipeline.request import Request
from storage.queue.job import LANES
from storage.queue.pause import is_paused
from storage.queue.rows import request_of
from storage.schema import jobs, lane_owners
from storage.schema.columns import literal
from storage.schema.jobs import is_ready
from storage.schema.turns import is_active

LEAST_OF_AN_OWNER = 8
"""Jobs of each owner that are looked at, however many owners there are."""

OWNERS = (
    sa.select(lane_owners.c.owner, lane_owners.c.virtual_time)
    .where(lane_owners.c.lane == sa.bindparam("in_lane"), is_active)
    .order_by(lane_owners.c.virtual_time, lane_owners.c.since, lane_owners.c.owner)
    .limit(sa.bindparam("owners"))
)
_OF_OWNER = (jobs.c.lane == sa.bindparam("in_lane")) & (jobs.c.owner == sa.bindparam("of_owner")) & is_ready
FIRST = (
    sa.select(jobs.c.id, jobs.c.seq, jobs.c.priority, jobs.c.alone, jobs.c.request)
    .where(_OF_OWNER)
    .order_by(jobs.c.priority.desc(), jobs.c.seq)
    .limit(sa.bindparam("most"))
)
RUNNING = (
    sa.select(jobs.c.id, jobs.c.seq, jobs.c.priority, jobs.c.alone, jobs.c.request, jobs.c.lane, jobs.c.owner)
    .where(jobs.c.state == literal("running"))
    .order_by(jobs.c.seq)
)
_LAST = sa.select(sa.func.max(jobs.c.seq)).scalar_subquery()
LATELY = (
    sa.select(jobs.c.lane, jobs.c.owner, jobs.c.queued_at, jobs.c.request)
    .where(jobs.c.seq > _LAST - sa.bindparam("most"))
    .order_by(jobs.c.seq)
)
COUNT = sa.select(sa.func.count()).select_from(jobs).where(_OF_OWNER)
PLACE = COUNT.where(
    sa.or_(
        jobs.c.priority > sa.bindparam("priority"),
        sa.and_(jobs.c.priority == sa.bindparam("priority"), jobs.c.seq <= sa.bindparam("seq")),
    )
)


@dataclass(frozen=True, slots=True)
class ReadyJob:
    """A job that may be claimed, or that was."""

    id: str
    seq: int
    lane: int
    owner: str
    priority: int
    alone: bool
    request: Request


@dataclass(frozen=True, slots=True)
class CameJob:
    """A job that was accepted, whatever became of it."""

    lane: int
    owner: str
    queued_at: int
    request: Request


@dataclass(frozen=True, slots=True)
class Outlook:
    """The first jobs of each owner, and how many more each has."""

    paused: bool
    running: Sequence[ReadyJob]
    jobs: Sequence[ReadyJob]
    times: Mapping[tuple[int, str], float]
    """By lane and owner: who has the smallest in a lane is next."""
    beyond: Mapping[tuple[int, str], int]


def outlook(connection: Connection, most: int) -> Outlook:
    """About ``most`` of the jobs that may be claimed, those of each owner that he would be given first."""
    found: list[ReadyJob] = []
    times: dict[tuple[int, str], float] = {}
    beyond: dict[tuple[int, str], int] = {}
    for lane in range(len(LANES)):
        given = {"in_lane": lane, "owners": max(1, most // LEAST_OF_AN_OWNER)}
        owners = connection.execute(OWNERS, given).all()
        for left, row in zip(range(len(owners), 0, -1), owners, strict=True):
            place = {"in_lane": lane, "of_owner": row.owner}
            # What the owners before did not use is for those who come after them.
            room = max(LEAST_OF_AN_OWNER, (most - len(found)) // left)
            first = connection.execute(FIRST, {**place, "most": room}).all()
            found += [_job(job, lane, row.owner) for job in first]
            times[lane, row.owner] = row.virtual_time
            if len(first) == room and (more := connection.execute(COUNT, place).scalar_one() - room) > 0:
                beyond[lane, row.owner] = more
    running = [_job(row, row.lane, row.owner) for row in connection.execute(RUNNING)]
    return Outlook(is_paused(connection), running, found, times, beyond)


def lately(connection: Connection, most: int) -> list[CameJob]:
    """At most so many of the jobs that came last, the newest last."""
    rows = connection.execute(LATELY, {"most": most})
    return [CameJob(row.lane, row.owner, row.queued_at, request_of(row.request)) for row in rows]


def place_in_line(connection: Connection, job: str) -> tuple[int, str, int] | None:
    """Lane, owner and place (from 1) of a job in its owner's line there; None for one that may not be claimed."""
    row = connection.execute(
        sa.select(jobs.c.lane, jobs.c.owner, jobs.c.priority, jobs.c.seq).where(jobs.c.id == job, is_ready)
    ).first()
    if row is None:
        return None
    given = {"in_lane": row.lane, "of_owner": row.owner, "priority": row.priority, "seq": row.seq}
    return row.lane, row.owner, int(connection.execute(PLACE, given).scalar_one())


def _job(row: Any, lane: int, owner: str) -> ReadyJob:
    return ReadyJob(row.id, row.seq, lane, owner, row.priority, bool(row.alone), request_of(row.request))
