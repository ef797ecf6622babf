"""After a crash: every job that was on board is a suspect and runs alone next time.

Jobs share an engine, so a crash alone does not tell whose fault it was. One that crashes alone is the culprit; after
its last attempt it is dead, and its neighbours of the first crash have long succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.queue import transition
from storage.queue.job import JobError
from storage.queue.release import UNMEASURED, release
from storage.queue.rows import error_columns
from storage.schema import flags, jobs
from storage.sqlite.snapshot import RESTORED


def accuse(
    connection: Connection,
    names: Sequence[tuple[str, int]],
    reason: str,
    *,
    now: int,
    max_attempts: int,
    engine_seconds: Mapping[str, float] = UNMEASURED,
) -> dict[str, str]:
    """What became of each ``(job, attempt)``: ``queued`` to run alone, ``dead``, or ``cancelled`` if its owner
    wanted that. Only a last attempt that was made alone ends in ``dead``. Those not owned (any more) are left out.
    ``engine_seconds`` is what each is known to have taken of an engine, by its id.
    """
    states = (
        (job, _accuse(connection, job, attempt, reason, now, max_attempts, engine_seconds.get(job, 0.0)))
        for job, attempt in names
    )
    return {job: state for job, state in states if state is not None}


def recover(connection: Connection, *, now: int, max_attempts: int) -> list[str]:
    """At start nobody works on anything: every running job was orphaned by a crash. Returns their ids, oldest first.

    Not so in a database that was just restored: its jobs ran when it was copied, and nothing speaks against them.
    """
    orphans = connection.execute(
        sa.select(jobs.c.id, jobs.c.attempt).where(jobs.c.state == "running").order_by(jobs.c.seq)
    ).all()
    names = [(row.id, row.attempt) for row in orphans]
    if connection.execute(sa.delete(flags).where(flags.c.name == RESTORED)).rowcount:
        release(connection, names, now=now)
        return [job for job, _ in names]
    accuse(connection, names, "the daemon ended while the job was drawn", now=now, max_attempts=max_attempts)
    return [job for job, _ in names]


def _accuse(
    connection: Connection, job: str, attempt: int, reason: str, now: int, max_attempts: int, seconds: float
) -> str | None:
    row = transition.running(connection, job, attempt)
    if row is None:
        return None
    if row.cancel_requested:
        to = "cancelled"
    elif row.alone and attempt >= max_attempts:
        to = "dead"
    else:
        to = "queued"
    values = {"alone": 1, **error_columns(JobError("retryable", reason))}
    transition.leave_running(
        *(connection, job, attempt, to),
        now=now,
        outcome="accused",
        reason=reason,
        values=values,
        engine_seconds=seconds,
    )
    return to
