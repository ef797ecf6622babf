"""How many jobs there are in each state."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import BusyError
from storage.schema import jobs, lane_owners, orders, tallies
from storage.schema.jobs import is_open

_ADD = (
    sa.update(tallies)
    .where(tallies.c.state == sa.bindparam("which"))
    .values(jobs=tallies.c.jobs + sa.bindparam("change"))
)
_OPEN = (
    sa.select(sa.func.count())
    .select_from(jobs.join(orders, orders.c.id == jobs.c.order_id))
    .where(jobs.c.owner == sa.bindparam("owner"), is_open, orders.c.folder == sa.bindparam("folder"))
)


def counts(connection: Connection) -> dict[str, int]:
    """Jobs by state, every state named; does not depend on how many jobs there are."""
    return {row.state: row.jobs for row in connection.execute(sa.select(tallies))}


def insist_on_room(connection: Connection, more: int, max_queued: int | None) -> None:
    """Raise :class:`BusyError` where the queue would be longer than ``max_queued`` with so many more jobs.

    In the transaction that queues them, so that it is never too long by one.
    """
    if max_queued is None:
        return
    queued = counts(connection).get("queued", 0)
    if queued + more > max_queued:
        raise queue_full(queued, max_queued)


def queue_full(queued: int, max_queued: int) -> BusyError:
    """What is said to those for whom there is no room."""
    return BusyError(
        f"the queue is full ({queued} of at most {max_queued} jobs are waiting)", hint="submit again later"
    )


def ever_took_jobs(connection: Connection) -> bool:
    """False in a new database; True for good with its first job, whatever is pruned: its owner's turn is kept."""
    return connection.execute(sa.select(lane_owners.c.owner).limit(1)).first() is not None


def open_jobs(connection: Connection, owner: str, folder: str) -> int:
    """Jobs of the owner that came from this folder and have not ended."""
    return int(connection.execute(_OPEN, {"owner": owner, "folder": folder}).scalar_one())


def removed(connection: Connection, state: str, jobs_removed: int) -> None:
    """So many jobs of a state are there no more."""
    connection.execute(_ADD, {"which": state, "change": -jobs_removed})


def moved(connection: Connection, left: str | None, entered: str, jobs_moved: int = 1) -> None:
    """So many jobs left one state (None: they are new) and entered another."""
    changes = [{"which": entered, "change": jobs_moved}]
    if left is not None:
        changes.append({"which": left, "change": -jobs_moved})
    connection.execute(_ADD, changes)
