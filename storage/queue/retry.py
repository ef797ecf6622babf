"""Queues a job again that ended without a result."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import ConflictError, NotFoundError
from storage import deliveries
from storage.queue import transition
from storage.queue.rows import error_columns
from storage.schema import jobs

AGAIN = ("failed", "dead", "cancelled")


def retry(connection: Connection, job: str, *, now: int) -> str:
    """``queued``, the attempts counted anew; a job that killed its engine goes on running alone.

    A delivery of its earlier end that is still on its way is dropped: the new end will be delivered.
    Raises :class:`NotFoundError`, :class:`ConflictError` for a job that has not ended or is done.
    """
    row = connection.execute(sa.select(jobs.c.state, jobs.c.alone).where(jobs.c.id == job)).first()
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    if row.state not in AGAIN:
        raise ConflictError(f"job {job} is {row.state}", hint="only a failed, dead or cancelled job can be tried again")
    deliveries.supersede(connection, job, now)
    transition.leave(
        connection,
        job,
        row.state,
        "queued",
        now=now,
        what="retried",
        values={
            "attempt": 0,
            "cancel_requested": 0,
            "alone": row.alone if row.state == "dead" else 0,
            **error_columns(None),
        },
    )
    return "queued"
