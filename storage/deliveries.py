"""The outbox: what must be brought to where a job came from. A row is written in the transaction that ends the job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from storage.schema import deliveries

DUE = (
    select(deliveries)
    .where(
        deliveries.c.source == bindparam("source"),
        text("state = 'waiting'"),
        deliveries.c.not_before <= bindparam("now"),
    )
    .order_by(deliveries.c.not_before, deliveries.c.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One row of the outbox. ``attempt`` counts the tries that failed."""

    id: str
    job_id: str
    source: str
    address: Mapping[str, Any]
    attempt: int
    created_at: int


def add(connection: Connection, delivery: str, *, job_id: str, source: str, address: str, now: int) -> None:
    """Bring this job's end to its origin; ``address`` is stored JSON."""
    connection.execute(
        insert(deliveries).values(
            id=delivery,
            job_id=job_id,
            source=source,
            address=address,
            state="waiting",
            attempt=0,
            not_before=now,
            created_at=now,
        )
    )


def due(connection: Connection, now: int, limit: int, *, source: str) -> list[Delivery]:
    """What the source's deliverer should bring now, the longest due first."""
    return [
        Delivery(
            id=row["id"],
            job_id=row["job_id"],
            source=row["source"],
            address=json.loads(row["address"]),
            attempt=row["attempt"],
            created_at=row["created_at"],
        )
        for row in connection.execute(DUE, {"source": source, "now": now, "most": limit}).mappings()
    ]


def done(connection: Connection, delivery: str, now: int) -> None:
    """It was brought."""
    _end(connection, delivery, "done", None, now)


def give_up(connection: Connection, delivery: str, error: str, now: int) -> None:
    """It can't be brought; the result stays where it is recorded."""
    _end(connection, delivery, "given_up", error, now)


def postpone(connection: Connection, delivery: str, error: str, not_before: int) -> None:
    """A try failed; the next one is not before then."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery, deliveries.c.state == "waiting")
        .values(attempt=deliveries.c.attempt + 1, error=error, not_before=not_before)
    )


def next_due_at(connection: Connection) -> int | None:
    """When the next one becomes due."""
    query = select(func.min(deliveries.c.not_before)).where(text("state = 'waiting'"))
    return connection.execute(query).scalar_one_or_none()


def counts(connection: Connection) -> tuple[int, int]:
    """How many wait, and how many were given up."""
    number = func.count().label("number")
    query = select(deliveries.c.state, number).where(deliveries.c.state != "done").group_by(deliveries.c.state)
    found = {row.state: row.number for row in connection.execute(query)}
    return found.get("waiting", 0), found.get("given_up", 0)


def _end(connection: Connection, delivery: str, state: str, error: str | None, now: int) -> None:
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery, deliveries.c.state == "waiting")
        .values(state=state, error=error, ended_at=now)
    )
