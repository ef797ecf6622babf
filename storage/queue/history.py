"""What happened to jobs: events are only ever added; an attempt is opened by its claim and closed once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import attempts, events

_END = (
    sa.update(attempts)
    .where(attempts.c.job_id == sa.bindparam("job"), attempts.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("now"), outcome=sa.bindparam("how"), error=sa.bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a job."""

    job_id: str
    at: int
    what: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. ``outcome`` is None while it is under way; a released one does not count."""

    job_id: str
    number: int
    alone: bool
    engine: str | None
    started_at: int
    ended_at: int | None
    outcome: str | None
    error: str | None


def event_row(job: str, now: int, what: str, **detail: Any) -> dict[str, Any]:
    """The columns of an event."""
    told = {name: value for name, value in detail.items() if value is not None}
    return {"job_id": job, "at": now, "what": what, "detail": json.dumps(told) if told else None}


def record(connection: Connection, job: str, now: int, what: str, **detail: Any) -> None:
    """Add an event."""
    connection.execute(sa.insert(events), event_row(job, now, what, **detail))


def end_attempt(connection: Connection, job: str, now: int, outcome: str, error: str | None = None) -> None:
    """Close the attempt that is under way."""
    connection.execute(_END, {"job": job, "now": now, "how": outcome, "why": error})


def events_of(connection: Connection, job: str) -> list[Event]:
    """All that happened to a job, in order."""
    rows = connection.execute(sa.select(events).where(events.c.job_id == job).order_by(events.c.id))
    return [Event(row.job_id, row.at, row.what, json.loads(row.detail or "{}")) for row in rows]


def attempts_of(connection: Connection, job: str) -> list[Attempt]:
    """All attempts of a job, in order."""
    rows = connection.execute(sa.select(attempts).where(attempts.c.job_id == job).order_by(attempts.c.id))
    return [
        Attempt(
            job_id=row.job_id,
            number=row.number,
            alone=bool(row.alone),
            engine=row.engine,
            started_at=row.started_at,
            ended_at=row.ended_at,
            outcome=row.outcome,
            error=row.error,
        )
        for row in rows
    ]
