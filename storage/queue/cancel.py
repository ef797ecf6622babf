"""Ends a job that its owner does not want any more."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import NotFoundError
from storage.queue import history, transition
from storage.schema import jobs


def cancel(connection: Connection, job: str, *, now: int) -> str:
    """The state after the wish: ``cancelled`` if it waited; ``running`` until the engine lets go of it; else its end.

    Raises :class:`NotFoundError`.
    """
    row = connection.execute(sa.select(jobs.c.state, jobs.c.cancel_requested).where(jobs.c.id == job)).first()
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    if row.state == "queued":
        transition.leave(connection, job, "queued", "cancelled", now=now, what="cancelled")
        return "cancelled"
    if row.state == "running" and not row.cancel_requested:
        connection.execute(sa.update(jobs).where(jobs.c.id == job).values(cancel_requested=1))
        history.record(connection, job, now, "cancel_requested")
    return str(row.state)


def cancelled(connection: Connection, job: str, attempt: int, *, now: int, engine_seconds: float = 0.0) -> bool:
    """The engine has let go of the job. False, with nothing written, when this attempt does not own it (any more)."""
    ended = transition.leave_running(
        connection, job, attempt, "cancelled", now=now, outcome="cancelled", engine_seconds=engine_seconds
    )
    return ended is not None
