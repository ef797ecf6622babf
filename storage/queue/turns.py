"""Whose turn it is among the owners of a lane: what each of them had.

Each owner has a virtual time that moves on by the engine-seconds of what is claimed for him, divided by his weight, and
the owner with the smallest one is next (start-time fair queueing). At the claim he is charged what the job is expected
to take; when the attempt ends the time is corrected to what it took. An owner who comes, or comes back, starts at the
lane's time, which is where the job claimed last started: neither does he catch up on what he never asked for, nor does
he wait behind those who were served before he came.

Every statement here is an index seek, so that the length of the queue does not matter.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import jobs, lane_owners, lanes
from storage.schema.jobs import is_ready

LONGEST_REST_MS = 60_000
"""No job waits longer between two attempts: one that seems to was dated before the clock was set back, and is due."""

_lane: sa.BindParameter[int] = sa.bindparam("in_lane")
_owner: sa.BindParameter[str] = sa.bindparam("of_owner")
_cost: sa.BindParameter[float] = sa.bindparam("cost")
_start: sa.BindParameter[float] = sa.bindparam("start")
_of_owner = (lane_owners.c.lane == _lane) & (lane_owners.c.owner == _owner)

HAS_READY = sa.select(jobs.c.seq).where(jobs.c.lane == _lane, jobs.c.owner == _owner, is_ready).limit(1)
IS_DUE = jobs.c.not_before.is_not(None) & (
    (jobs.c.not_before <= sa.bindparam("now")) | (jobs.c.not_before > sa.bindparam("latest"))
)
NEXT_WAITING = sa.select(sa.func.min(jobs.c.not_before)).where(jobs.c.not_before.is_not(None))
PROMOTE = sa.update(jobs).where(IS_DUE).values(not_before=None).returning(jobs.c.lane, jobs.c.owner)

_LANE_TIME = sa.select(lanes.c.virtual_time).where(lanes.c.lane == _lane)
_MOVE_LANE = sa.update(lanes).where(lanes.c.lane == _lane, lanes.c.virtual_time < _start).values(virtual_time=_start)
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(jobs.c.seq), 0)).scalar_subquery()
_STATE_OF_OWNER = sa.select(lane_owners.c.virtual_time, lane_owners.c.active).where(_of_owner)
_REST = sa.update(lane_owners).where(_of_owner).values(active=0)
_ACTIVATE = sa.update(lane_owners).where(_of_owner).values(active=1, virtual_time=_start, since=_NEWEST)
_CHARGE = (
    sa.update(lane_owners)
    .where(_of_owner)
    .values(virtual_time=lane_owners.c.virtual_time + _cost)
    .returning(lane_owners.c.virtual_time)
)
_MOVE_LANE_BACK = (
    sa.update(lanes)
    .where(lanes.c.lane == _lane, lanes.c.virtual_time > _start)
    .values(virtual_time=sa.func.max(_start, lanes.c.virtual_time + _cost))
)


def charge(connection: Connection, lane: int, owner: str, cost: float) -> None:
    """A job of the owner was claimed; ``cost`` is its expected engine-seconds by his weight."""
    time = connection.execute(_CHARGE, {"in_lane": lane, "of_owner": owner, "cost": cost}).scalar_one()
    connection.execute(_MOVE_LANE, {"in_lane": lane, "start": time - cost})


def correct(connection: Connection, lane: int, owner: str, cost: float) -> None:
    """An attempt of the owner's job took so much more than he was charged; less, where it is negative.

    Then the lane's time, where his later jobs were claimed with too high a time, goes back as well: who comes next
    must not wait behind what was never drawn.
    """
    if not cost:
        return
    time = connection.execute(_CHARGE, {"in_lane": lane, "of_owner": owner, "cost": cost}).scalar_one()
    if cost < 0:
        connection.execute(_MOVE_LANE_BACK, {"in_lane": lane, "start": time, "cost": cost})


def rest(connection: Connection, lane: int, owner: str) -> None:
    """One job of the owner less waits. If it was the last one, he has nothing to claim, and saves nothing up."""
    place = {"in_lane": lane, "of_owner": owner}
    if connection.execute(HAS_READY, place).first() is None:
        connection.execute(_REST, place)


def activate(connection: Connection, lane: int, owner: str) -> None:
    """The owner has something to claim. If it had not before, its time does not lie before the lane's."""
    place = {"in_lane": lane, "of_owner": owner}
    known = connection.execute(_STATE_OF_OWNER, place).first()
    if known is not None and known.active:
        return
    time = connection.execute(_LANE_TIME, {"in_lane": lane}).scalar_one()
    if known is None:
        connection.execute(sa.insert(lane_owners), {"lane": lane, "owner": owner, "virtual_time": time, "active": 1})
    start = time if known is None else max(time, known.virtual_time)
    connection.execute(_ACTIVATE, {**place, "start": start})


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
