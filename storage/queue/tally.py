"""How many jobs there are in each state."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import jobs, tallies
from storage.schema.jobs import is_open

_ADD = (
    sa.update(tallies)
    .where(tallies.c.state == sa.bindparam("which"))
    .values(jobs=tallies.c.jobs + sa.bindparam("change"))
)
_OPEN = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.owner == sa.bindparam("owner"), is_open)


def counts(connection: Connection) -> dict[str, int]:
    """Jobs by state, every state named; does not depend on how many jobs there are."""
    return {row.state: row.jobs for row in connection.execute(sa.select(tallies))}


def open_jobs(connection: Connection, owner: str) -> int:
    """Jobs of the owner that have not ended."""
    return int(connection.execute(_OPEN, {"owner": owner}).scalar_one())


def removed(connection: Connection, state: str, jobs_removed: int) -> None:
    """So many jobs of a state are there no more."""
    connection.execute(_ADD, {"which": state, "change": -jobs_removed})


def moved(connection: Connection, left: str | None, entered: str, jobs_moved: int = 1) -> None:
    """So many jobs left one state (None: they are new) and entered another."""
    changes = [{"which": entered, "change": jobs_moved}]
    if left is not None:
        changes.append({"which": left, "change": -jobs_moved})
    connection.execute(_ADD, changes)
