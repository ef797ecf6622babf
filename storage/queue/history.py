"""What happened to each job, for good: events are only ever added. And the attempts, each with its end."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, insert, select, update

from storage.schema import attempts, events

INSERT_EVENT = insert(events)
LAST_NUMBER = select(func.coalesce(func.max(attempts.c.number), 0)).where(attempts.c.job_id == bindparam("job"))
INSERT_ATTEMPT = insert(attempts)
END_ATTEMPT = (
    update(attempts)
    .where(attempts.c.job_id == bindparam("job"), attempts.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), outcome=bindparam("how"), error=bindparam("why"))
)


def note(connection: Connection, job: str, what: str, *, now: int, detail: str | None = None) -> None:
    """Add an event."""
    connection.execute(INSERT_EVENT, {"job_id": job, "at": now, "what": what, "detail": detail})


def begin_attempt(connection: Connection, job: str, attempt: int, alone: bool, *, now: int) -> None:
    """An attempt was started."""
    number = connection.execute(LAST_NUMBER, {"job": job}).scalar_one() + 1
    connection.execute(
        INSERT_ATTEMPT,
        {"job_id": job, "number": number, "attempt": attempt, "alone": int(alone), "started_at": now},
    )


def end_attempt(connection: Connection, job: str, outcome: str, *, now: int, error: str | None = None) -> None:
    """The running attempt ended: ``done, failed, crashed, released`` or ``cancelled``."""
    connection.execute(END_ATTEMPT, {"job": job, "now": now, "how": outcome, "why": error})
