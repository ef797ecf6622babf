"""The due times of schedules that were decided: which job each became, or why none.

``waiting -> queued -> done | failed | cancelled | dead``, or at once ``queued``, ``failed``, ``skipped`` or ``missed``.
A due time of a schedule is recorded once, whoever does it; the job is queued in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.queue.job import TERMINAL
from storage.schema import jobs, occurrences, pictures
from storage.schema.schedules import is_queued, is_waiting

KEPT = 300
"""Of one schedule so many that are over, the newest."""

ROOM = (
    sa.select(sa.func.count())
    .select_from(occurrences)
    .where(occurrences.c.schedule_id == sa.bindparam("of"), is_queued)
)
WAITING = (
    sa.select(occurrences)
    .where(occurrences.c.schedule_id == sa.bindparam("of"), is_waiting)
    .order_by(occurrences.c.due_at)
    .limit(sa.bindparam("most"))
)
_OPEN: sa.Select[Any] = (
    sa.select(occurrences.c.id, occurrences.c.schedule_id, jobs.c.state, jobs.c.error_message, jobs.c.id.label("job"))
    .select_from(occurrences.outerjoin(jobs, jobs.c.id == occurrences.c.job_id))
    .where(is_queued)
)
ENDED = _OPEN.where(occurrences.c.job_id == sa.bindparam("of"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One due time. Moments are UTC epoch milliseconds."""

    id: int
    schedule_id: str
    due_at: int
    state: str
    """Its own, or its job's while that is there."""
    number: int | None
    why: str | None
    late_ms: int | None
    job_id: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """The job of an occurrence has ended, in this state."""

    occurrence: int
    schedule: str
    state: str
    why: str | None


def record(
    connection: Connection,
    schedule: str,
    due_at: int,
    state: str,
    now: int,
    *,
    number: int | None = None,
    why: str | None = None,
    late_ms: int | None = None,
    job: str | None = None,
) -> int | None:
    """Its id; None, with nothing changed, when that due time was recorded before."""
    known = sa.select(occurrences.c.id).where(occurrences.c.schedule_id == schedule, occurrences.c.due_at == due_at)
    if connection.execute(known).first() is not None:
        return None
    row = {
        "schedule_id": schedule,
        "due_at": due_at,
        "state": state,
        "number": number,
        "why": why,
        "late_ms": late_ms,
        "job_id": job,
        "recorded_at": now,
    }
    return int(connection.execute(sa.insert(occurrences).returning(occurrences.c.id), row).scalar_one())


def room(connection: Connection, schedule: str) -> tuple[int, int]:
    """``(in flight, waiting)`` of one schedule."""
    waiting = (
        sa.select(sa.func.count()).select_from(occurrences).where(occurrences.c.schedule_id == schedule, is_waiting)
    )
    return connection.execute(ROOM, {"of": schedule}).scalar_one(), connection.execute(waiting).scalar_one()


def waiting(connection: Connection, schedule: str, most: int) -> list[Occurrence]:
    """Those that wait for their turn, the oldest first."""
    return [_occurrence(row) for row in connection.execute(WAITING, {"of": schedule, "most": most})]


def schedules_with_waiting(connection: Connection) -> list[str]:
    """Ids of the schedules of which any waits."""
    return list(connection.execute(sa.select(occurrences.c.schedule_id).where(is_waiting).distinct()).scalars())


def start(connection: Connection, occurrence: int, job: str, late_ms: int) -> None:
    """One that waited became a job."""
    connection.execute(
        sa.update(occurrences)
        .where(occurrences.c.id == occurrence, is_waiting)
        .values(state="queued", job_id=job, late_ms=late_ms)
    )


def is_still_waiting(connection: Connection, occurrence: int) -> bool:
    """Whether nobody else has started or ended it."""
    return (
        connection.execute(sa.select(occurrences.c.id).where(occurrences.c.id == occurrence, is_waiting)).first()
        is not None
    )


def explain(connection: Connection, occurrence: int, why: str) -> None:
    """Why one waits that could have become a job."""
    connection.execute(sa.update(occurrences).where(occurrences.c.id == occurrence, is_waiting).values(why=why))


def refuse(connection: Connection, occurrence: int, why: str) -> bool:
    """One that waited can't become a job; False when it waits no more."""
    done = connection.execute(
        sa.update(occurrences).where(occurrences.c.id == occurrence, is_waiting).values(state="failed", why=why)
    )
    return done.rowcount == 1


def ended(connection: Connection, job: str) -> list[Ending]:
    """Occurrences whose job this is, when it has ended and that is not noted yet."""
    return [_ending(row) for row in connection.execute(ENDED, {"of": job}) if _is_over(row)]


def all_ended(connection: Connection) -> list[Ending]:
    """Every occurrence whose job has ended (or was removed since) and that is not noted yet, the oldest first."""
    whole = _OPEN.order_by(occurrences.c.id)
    return [_ending(row) for row in connection.execute(whole) if _is_over(row)]


def settle(connection: Connection, ending: Ending) -> bool:
    """Note how it ended; False when that was noted before."""
    done = connection.execute(
        sa.update(occurrences)
        .where(occurrences.c.id == ending.occurrence, is_queued)
        .values(state=ending.state, why=ending.why)
    )
    return done.rowcount == 1


def of_schedule(connection: Connection, schedule: str, most: int) -> list[Occurrence]:
    """The newest ones, the newest last, each with the state in which its job is now."""
    rows = connection.execute(
        sa.select(occurrences, jobs.c.state.label("job_state"))
        .select_from(occurrences.outerjoin(jobs, jobs.c.id == occurrences.c.job_id))
        .where(occurrences.c.schedule_id == schedule)
        .order_by(occurrences.c.due_at.desc())
        .limit(most)
    ).all()
    return [_occurrence(row, row.job_state) for row in reversed(rows)]


def last_picture(connection: Connection, schedule: str) -> str | None:
    """The id of the first picture of the newest run that is done; None when there is none."""
    return connection.execute(
        sa.select(pictures.c.id)
        .select_from(occurrences.join(pictures, pictures.c.job_id == occurrences.c.job_id))
        .where(occurrences.c.schedule_id == schedule)
        .order_by(occurrences.c.due_at.desc(), pictures.c.number)
        .limit(1)
    ).scalar()


def trim(connection: Connection, schedule: str, keep: int = KEPT) -> None:
    """Forget the oldest that are over, beyond the newest ``keep``."""
    oldest = (
        sa.select(occurrences.c.due_at)
        .where(occurrences.c.schedule_id == schedule)
        .order_by(occurrences.c.due_at.desc())
        .offset(keep - 1)
        .limit(1)
    )
    least = connection.execute(oldest).scalar()
    if least is not None:
        connection.execute(
            sa.delete(occurrences).where(
                occurrences.c.schedule_id == schedule, occurrences.c.due_at < least, ~is_queued, ~is_waiting
            )
        )


def _is_over(row: sa.Row[Any]) -> bool:
    return row.job is None or row.state in TERMINAL


def _ending(row: sa.Row[Any]) -> Ending:
    if row.job is None:
        return Ending(row.id, row.schedule_id, "done", "its job was removed")
    return Ending(row.id, row.schedule_id, row.state, row.error_message)


def _occurrence(row: sa.Row[Any], job_state: str | None = None) -> Occurrence:
    return Occurrence(
        id=row.id,
        schedule_id=row.schedule_id,
        due_at=row.due_at,
        state=job_state or row.state,
        number=row.number,
        why=row.why,
        late_ms=row.late_ms,
        job_id=row.job_id,
    )
