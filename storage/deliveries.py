"""The outbox: endings that still have to be brought to where their jobs came from, and to those who subscribed.

A row is written in the transaction that ends a job (see :mod:`storage.queue.transition`), so none is forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.ids import new_id
from storage import posts
from storage.schema import deliveries, jobs
from storage.schema.deliveries import is_given_up, is_waiting

_WAITING = sa.select(sa.func.count()).select_from(deliveries).where(is_waiting)
_NEXT = sa.select(sa.func.min(deliveries.c.not_before)).where(is_waiting)
_BY_SOURCE = sa.select(deliveries.c.source, sa.func.count().label("rows")).where(is_waiting)
_GIVEN_UP = sa.select(sa.func.count()).select_from(deliveries).where(is_given_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Bring the result of a job to ``address``. ``attempt`` counts the tries that failed.

    With a ``target`` it is that subscription of the source who is told, and the address is empty.
    """

    id: str
    job_id: str
    source: str
    address: Mapping[str, Any]
    attempt: int
    created_at: int
    target: str = ""


def add(connection: Connection, job: str, source: str, targets: Sequence[str], now: int) -> None:
    """Bring the end of a job to these; an empty target is where the job came from."""
    row = {"job_id": job, "source": source, "state": "waiting", "attempt": 0, "not_before": now, "created_at": now}
    connection.execute(sa.insert(deliveries), [{**row, "id": new_id(now), "target": each} for each in targets])


def due(
    connection: Connection, now: int, limit: int, source: str | None = None, latest: int | None = None
) -> list[Delivery]:
    """What should be delivered by now, longest due first; of one source, or of all.

    Nothing waits until after ``latest``: what seems to was dated by a clock that has been set back, and is due.
    """
    is_due = deliveries.c.not_before <= now
    if latest is not None:
        is_due |= deliveries.c.not_before > latest
    wanted = (
        sa.select(deliveries, jobs.c.origin_address)
        .join(jobs, jobs.c.id == deliveries.c.job_id)
        .where(is_waiting, is_due)
        .order_by(deliveries.c.not_before, deliveries.c.id)
        .limit(limit)
    )
    if source is not None:
        wanted = wanted.where(deliveries.c.source == source)
    return [
        Delivery(
            id=row.id,
            job_id=row.job_id,
            source=row.source,
            address={} if row.target else json.loads(row.origin_address),
            attempt=row.attempt,
            created_at=row.created_at,
            target=row.target,
        )
        for row in connection.execute(wanted)
    ]


def done(connection: Connection, delivery: str, now: int) -> None:
    """It is there."""
    _end(connection, deliveries.c.id == delivery, "done", now, error=None)


def give_up(connection: Connection, delivery: str, error: str, now: int) -> None:
    """It is never tried again. Where its source keeps a post of it, whoever looks for the result finds it kept."""
    ended = _ended(deliveries.c.id == delivery, "given_up", now, error=error)
    row = connection.execute(ended.returning(deliveries.c.job_id, deliveries.c.source, deliveries.c.target)).first()
    if row is not None and not row.target:
        posts.keep_untold(connection, row.job_id, row.source)


def supersede(connection: Connection, job: str, now: int) -> None:
    """The job is tried again: its earlier end needs no delivery any more."""
    _end(connection, deliveries.c.job_id == job, "superseded", now)


def postpone(connection: Connection, delivery: str, error: str, not_before: int, tries: int = 1) -> None:
    """A try failed (or one that counts as several); the next one is due at ``not_before``."""
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id == delivery, is_waiting)
        .values(attempt=deliveries.c.attempt + tries, not_before=not_before, error=error)
    )


def next_due_at(connection: Connection) -> int | None:
    """When the next delivery is due (or has been since); None when none waits."""
    moment = connection.execute(_NEXT).scalar()
    return None if moment is None else int(moment)


def counts(connection: Connection) -> tuple[int, int]:
    """``(waiting, given up)``."""
    return connection.execute(_WAITING).scalar_one(), connection.execute(_GIVEN_UP).scalar_one()


def waiting_by_source(connection: Connection) -> dict[str, int]:
    """How many wait, by where they go; sources for which none waits are left out."""
    rows = connection.execute(_BY_SOURCE.group_by(deliveries.c.source))
    return {row.source: row.rows for row in rows}


def _end(connection: Connection, which: sa.ColumnElement[bool], state: str, now: int, **values: str | None) -> None:
    connection.execute(_ended(which, state, now, **values))


def _ended(which: sa.ColumnElement[bool], state: str, now: int, **values: str | None) -> sa.Update:
    return sa.update(deliveries).where(which, is_waiting).values(state=state, ended_at=now, **values)
