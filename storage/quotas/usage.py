"""Reads what was used and is held."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.quotas.periods import Periods
from storage.quotas.terms import groups_of
from storage.schema import jobs, stored, usage


@dataclass(frozen=True, slots=True)
class Used:
    """In one day or month; what is held is reserved for jobs that have not ended."""

    pictures: int = 0
    held_pictures: int = 0
    engine_ms: int = 0
    held_ms: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one scope used. ``groups`` are those of its newest job, where it is an owner."""

    scope: str
    groups: tuple[str, ...]
    day: Used
    month: Used
    pictures: int
    """Recorded ones that are there now."""
    bytes: int
    held_bytes: int


def usage_of(connection: Connection, scope: str, periods: Periods) -> Usage:
    """Of a scope; all is zero for one that never had a job."""
    row = connection.execute(sa.select(stored).where(stored.c.scope == scope)).first()
    return Usage(
        scope=scope,
        groups=_groups(connection, scope),
        day=_used(connection, scope, "day", periods.day),
        month=_used(connection, scope, "month", periods.month),
        pictures=row.pictures if row else 0,
        bytes=row.bytes if row else 0,
        held_bytes=row.held_bytes if row else 0,
    )


def page(connection: Connection, periods: Periods, *, beginning: str, after: str, limit: int) -> list[Usage]:
    """Of the scopes that begin so and come ``after`` one, in the order of their names."""
    wanted = sa.select(stored.c.scope).where(stored.c.scope > after, stored.c.scope >= beginning)
    if beginning:
        wanted = wanted.where(stored.c.scope < f"{beginning}~")  # which sorts after every character of a scope
    found = connection.execute(wanted.order_by(stored.c.scope).limit(limit)).scalars().all()
    return [usage_of(connection, scope, periods) for scope in found]


def _used(connection: Connection, scope: str, kind: str, period: str) -> Used:
    wanted = sa.select(usage).where(usage.c.scope == scope, usage.c.kind == kind, usage.c.period == period)
    row = connection.execute(wanted).first()
    return Used(row.pictures, row.held_pictures, row.engine_ms, row.held_ms) if row else Used()


def _groups(connection: Connection, scope: str) -> tuple[str, ...]:
    kind, _, owner = scope.partition(":")
    if kind != "owner":
        return ()
    newest = sa.select(jobs.c.groups).where(jobs.c.owner == owner).order_by(jobs.c.seq.desc()).limit(1)
    text = connection.execute(newest).scalar()
    return groups_of(text) if text else ()
