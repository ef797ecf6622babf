"""Whose turn it is within a lane: start-time fair queueing (Goyal, Vin, Cheng 1996).

Each owner has a virtual time per lane, which grows by the cost of what was started for them. The owner with the
least is next. Who had nothing ready starts at the lane's present, so that a pause neither earns nor loses a turn.
"""

from __future__ import annotations

from sqlalchemy import Connection, Row, bindparam, insert, select, text, update
from sqlalchemy.sql import Select

from storage.schema import lanes, shares

NEXT_OWNER: Select[tuple[str, float]] = (
    select(shares.c.owner, shares.c.served)
    # As text: a bound parameter would keep SQLite from using the partial index.
    .where(shares.c.lane == bindparam("lane"), text("shares.ready > 0"))
    .order_by(shares.c.served, shares.c.owner)
    .limit(1)
)


MINE = (shares.c.lane == bindparam("in_lane"), shares.c.owner == bindparam("of"))
SHARE = select(shares.c.ready, shares.c.served).where(*MINE)
INSERT_SHARE = insert(shares)
ARRIVE = update(shares).where(*MINE).values(ready=shares.c.ready + bindparam("count"), served=bindparam("at"))
LEAVE = update(shares).where(*MINE).values(ready=shares.c.ready - 1)
SERVE = update(shares).where(*MINE).values(ready=shares.c.ready - 1, served=shares.c.served + bindparam("cost"))
PRESENT = select(lanes.c.served).where(lanes.c.name == bindparam("in_lane"))
INSERT_LANE = insert(lanes)
MOVE_ON = update(lanes).where(lanes.c.name == bindparam("in_lane")).values(served=bindparam("at"))


def arrive(connection: Connection, lane: str, owner: str, count: int = 1) -> None:
    """``count`` jobs of the owner became ready."""
    names = {"in_lane": lane, "of": owner}
    row = connection.execute(SHARE, names).one_or_none()
    if row is None:
        share = {"lane": lane, "owner": owner, "ready": count, "served": _present(connection, lane)}
        connection.execute(INSERT_SHARE, share)
        return
    served = row.served if row.ready else max(row.served, _present(connection, lane))
    connection.execute(ARRIVE, {**names, "count": count, "at": served})


def leave(connection: Connection, lane: str, owner: str) -> None:
    """A ready job was cancelled."""
    connection.execute(LEAVE, {"in_lane": lane, "of": owner})


def serve(connection: Connection, lane: str, owner: str, cost: float) -> None:
    """A ready job was started: the owner pays for it, and the lane's present moves on to the owner's start."""
    names = {"in_lane": lane, "of": owner}
    served = connection.execute(SHARE, names).one().served
    connection.execute(SERVE, {**names, "cost": cost})
    present = connection.execute(PRESENT, {"in_lane": lane}).scalar_one_or_none()
    if present is None:
        connection.execute(INSERT_LANE, {"name": lane, "served": served})
    elif served > present:
        connection.execute(MOVE_ON, {"in_lane": lane, "at": served})


def next_owner(connection: Connection, lane: str) -> Row[tuple[str, float]] | None:
    """The owner whose turn it is, if anybody in the lane has something ready."""
    return connection.execute(NEXT_OWNER, {"lane": lane}).one_or_none()


def _present(connection: Connection, lane: str) -> float:
    found = connection.execute(PRESENT, {"in_lane": lane}).scalar_one_or_none()
    return 0.0 if found is None else float(found)
