"""Look jobs up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Column, Connection, RowMapping, Select, Table, func, select

from config.errors import NotFoundError, UserError
from storage.queue.job import STATES, Job, Picture
from storage.queue.rows import to_picture, with_pictures
from storage.schema import jobs, pictures

MIN_PREFIX = 6
AMONG = 500
OPEN = ("queued", "running", "paused")
T = TypeVar("T")


def get(connection: Connection, job: str) -> Job:
    """By id, or by a beginning of it that no other id has."""
    return with_pictures(connection, [_one(connection, jobs, jobs.c.id, job, "job")])[0]


def get_picture(connection: Connection, picture: str) -> Picture:
    """By id, or by a beginning of it that no other id has."""
    return to_picture(_one(connection, pictures, pictures.c.id, picture, "picture"))


def _one(connection: Connection, table: Table, column: Column[str], name: str, what: str) -> RowMapping:
    row = connection.execute(select(table).where(column == name)).mappings().one_or_none()
    if row is not None:
        return row
    if len(name) < MIN_PREFIX or not name.isascii() or not name.isalnum():
        raise NotFoundError(f"there is no {what} {name}")
    # A range instead of LIKE: it seeks, and nothing in the name can be a wildcard.
    found = connection.execute(select(table).where(column >= name, column < name + "~").limit(2)).mappings().all()
    if not found:
        raise NotFoundError(f"there is no {what} {name}")
    if len(found) > 1:
        raise UserError(f"several ids begin with {name}", hint="give more of it")
    return found[0]


def find(
    connection: Connection,
    *,
    ids: Sequence[str] | None = None,
    state: str | None = None,
    owner: str | None = None,
    order_id: str | None = None,
    limit: int | None = None,
) -> list[Job]:
    """All that match, the newest first; ``ids`` are whole ids."""
    query = select(jobs)
    if state is not None:
        query = query.where(jobs.c.state == state)
    if owner is not None:
        query = query.where(jobs.c.owner == owner)
    if order_id is not None:
        query = query.where(jobs.c.order_id == order_id)
    if ids is None:
        return with_pictures(connection, _rows(connection, query.order_by(jobs.c.seq.desc()).limit(limit)))
    wanted = list(dict.fromkeys(ids))
    rows: list[RowMapping] = []
    for start in range(0, len(wanted), AMONG):
        rows += _rows(connection, query.where(jobs.c.id.in_(wanted[start : start + AMONG])))
    rows.sort(key=lambda row: -int(row["seq"]))
    return with_pictures(connection, rows[:limit])


def _rows(connection: Connection, query: Select[T]) -> list[RowMapping]:
    return list(connection.execute(query).mappings())


def counts(connection: Connection) -> dict[str, int]:
    """How many jobs are in each state."""
    found = connection.execute(select(jobs.c.state, func.count().label("jobs")).group_by(jobs.c.state)).all()
    return {**dict.fromkeys(STATES, 0), **{row.state: row.jobs for row in found}}


def open_jobs(connection: Connection, owner: str) -> int:
    """How many jobs of the owner have not ended."""
    query = select(func.count()).where(jobs.c.owner == owner, jobs.c.state.in_(OPEN))
    return connection.execute(query).scalar_one()
