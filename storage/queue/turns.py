"""The fair order: whose job is next.

Lanes go in order of urgency. Within a lane the owner goes first who was served least: each owner has a virtual time
that moves on by the cost of a job when it is claimed, and the owner with the smallest one is next (start-time fair
queueing). An owner who comes, or comes back, starts at the lane's time, which is where the job claimed last started:
neither does he catch up on what he never asked for, nor does he wait behind those who were served before he came.
Among an owner's jobs the higher priority goes first, then the older.

Every statement here is an index seek, so that the length of the queue does not matter.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.queue.job import LANES
from storage.queue.pause import is_paused
from storage.queue.rows import JOBS
from storage.schema import jobs, lane_owners, lanes
from storage.schema.jobs import is_ready
from storage.schema.turns import is_active

LONGEST_REST_MS = 60_000
"""No job waits longer between two attempts: one that seems to was dated before the clock was set back, and is due."""

_lane: sa.BindParameter[int] = sa.bindparam("in_lane")
_owner: sa.BindParameter[str] = sa.bindparam("of_owner")
_cost: sa.BindParameter[float] = sa.bindparam("cost")
_start: sa.BindParameter[float] = sa.bindparam("start")
_of_owner = (lane_owners.c.lane == _lane) & (lane_owners.c.owner == _owner)

NEXT_OWNER = (
    sa.select(lane_owners.c.owner, lane_owners.c.virtual_time)
    .where(lane_owners.c.lane == _lane, is_active)
    .order_by(lane_owners.c.virtual_time, lane_owners.c.owner)
    .limit(1)
)
NEXT_JOB = (
    JOBS.where(jobs.c.lane == _lane, jobs.c.owner == _owner, is_ready)
    .order_by(jobs.c.priority.desc(), jobs.c.seq)
    .limit(1)
)
# By way of the owners, and below without a word about the state: having no statistics SQLite would otherwise walk
# the index of all queued jobs (measured: 22 ms at 30,000 of them).
HAS_JOB = NEXT_OWNER.where(
    sa.exists().where(jobs.c.lane == lane_owners.c.lane, jobs.c.owner == lane_owners.c.owner, is_ready)
)
IS_DUE = jobs.c.not_before.is_not(None) & (
    (jobs.c.not_before <= sa.bindparam("now")) | (jobs.c.not_before > sa.bindparam("latest"))
)
NEXT_WAITING = sa.select(sa.func.min(jobs.c.not_before)).where(jobs.c.not_before.is_not(None))
DUE_LANE = sa.select(sa.func.min(jobs.c.lane)).where(IS_DUE)
PROMOTE = sa.update(jobs).where(IS_DUE).values(not_before=None).returning(jobs.c.lane, jobs.c.owner)

_LANE_TIME = sa.select(lanes.c.virtual_time).where(lanes.c.lane == _lane)
_MOVE_LANE = sa.update(lanes).where(lanes.c.lane == _lane, lanes.c.virtual_time < _start).values(virtual_time=_start)
_STATE_OF_OWNER = sa.select(lane_owners.c.virtual_time, lane_owners.c.active).where(_of_owner)
_REST = sa.update(lane_owners).where(_of_owner).values(active=0)
_ACTIVATE = sa.update(lane_owners).where(_of_owner).values(active=1, virtual_time=_start)
_CHARGE = sa.update(lane_owners).where(_of_owner).values(virtual_time=lane_owners.c.virtual_time + _cost)


def next_job(connection: Connection, lane: int) -> tuple[sa.Row[Any], float] | None:
    """The row of the job that is next in a lane (see :data:`storage.queue.rows.JOBS`), and its owner's time."""
    while (turn := connection.execute(NEXT_OWNER, {"in_lane": lane}).first()) is not None:
        row = connection.execute(NEXT_JOB, {"in_lane": lane, "of_owner": turn.owner}).first()
        if row is not None:
            return row, turn.virtual_time
        connection.execute(_REST, {"in_lane": lane, "of_owner": turn.owner})
    return None


def charge(connection: Connection, lane: int, owner: str, start: float, cost: float) -> None:
    """The owner's job was claimed at virtual time ``start``."""
    connection.execute(_CHARGE, {"in_lane": lane, "of_owner": owner, "cost": cost})
    connection.execute(_MOVE_LANE, {"in_lane": lane, "start": start})


def refund(connection: Connection, lane: int, owner: str, cost: float) -> None:
    """The owner's job was put back through no fault of its own."""
    connection.execute(_CHARGE, {"in_lane": lane, "of_owner": owner, "cost": -cost})


def activate(connection: Connection, lane: int, owner: str) -> None:
    """The owner has something to claim. If it had not before, its time does not lie before the lane's."""
    place = {"in_lane": lane, "of_owner": owner}
    known = connection.execute(_STATE_OF_OWNER, place).first()
    if known is not None and known.active:
        return
    time = connection.execute(_LANE_TIME, {"in_lane": lane}).scalar_one()
    if known is None:
        connection.execute(sa.insert(lane_owners), {"lane": lane, "owner": owner, "virtual_time": time, "active": 1})
    else:
        connection.execute(_ACTIVATE, {**place, "start": max(time, known.virtual_time)})


def promote(connection: Connection, now: int) -> None:
    """Jobs that had to wait until a moment that has come may be claimed."""
    for lane, owner in {(row.lane, row.owner) for row in connection.execute(PROMOTE, _moments(now))}:
        activate(connection, lane, owner)


def _moments(now: int) -> dict[str, int]:
    return {"now": now, "latest": now + LONGEST_REST_MS}


def next_rested_at(connection: Connection) -> int | None:
    """When the next job that must wait until a moment may be claimed; None when none waits so."""
    moment = connection.execute(NEXT_WAITING).scalar()
    return None if moment is None else int(moment)


def peek_urgency(connection: Connection, now: int) -> int | None:
    """The urgency of the lane in which the next job waits; None when nothing may be claimed."""
    if is_paused(connection):
        return None
    due = connection.execute(DUE_LANE, _moments(now)).scalar()
    for urgency in range(len(LANES)):
        if urgency == due or connection.execute(HAS_JOB, {"in_lane": urgency}).first() is not None:
            return urgency
    return None
