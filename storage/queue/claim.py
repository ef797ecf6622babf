"""Gives the next jobs to an engine. Which they are is decided by whoever claims; here it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.failpoints import reach
from storage.queue import history, tally, turns
from storage.queue.job import Job
from storage.queue.pause import is_paused
from storage.queue.rows import JOBS, job_of
from storage.queue.waiting import Waiting, is_alone
from storage.schema import attempts, events, jobs
from storage.schema.jobs import is_ready

CHOSEN = JOBS.where(jobs.c.seq == sa.bindparam("of_seq"), is_ready)
TAKE = (
    sa.update(jobs)
    .where(jobs.c.seq == sa.bindparam("of_seq"), jobs.c.state == "queued")
    .values(
        state="running",
        attempt=sa.bindparam("number"),
        alone=sa.bindparam("by_itself"),
        started_at=sa.func.coalesce(jobs.c.started_at, sa.bindparam("now")),
        lease_until=sa.bindparam("until"),
        charged=sa.bindparam("seconds"),
        weight=sa.bindparam("of_weight"),
    )
)


@dataclass(frozen=True, slots=True)
class Charge:
    """What an owner is charged for a job when it is claimed; corrected to what it took when its attempt ends."""

    seconds: float
    """Of an engine, as it is expected."""
    weight: float = 1.0
    """Of its owner: with 2, his time moves on half as fast."""


Choose = Callable[[Waiting], int | None]
"""The ``seq`` of the job to claim now, of those that wait; None for none. Asked again after each claim."""


def claim(
    connection: Connection,
    *,
    choose: Choose,
    charge: Callable[[Job], Charge],
    now: int,
    lease_until: int,
    limit: int,
    max_attempts: int,
    engine: str | None = None,
) -> list[Job]:
    """The jobs that ``choose`` names, at most ``limit``, now running; none while the queue is paused.

    Nothing is claimed after a job that must run alone.
    """
    if limit < 1 or is_paused(connection):
        return []
    turns.promote(connection, now)
    waiting = Waiting(connection, max_attempts=max_attempts)
    claimed: list[Job] = []
    while len(claimed) < limit and (seq := choose(waiting)) is not None:
        claimed.append(_take(connection, seq, charge, now, lease_until, max_attempts))
        if claimed[-1].alone:
            break
    if claimed:
        _record(connection, claimed, now, engine)
        reach("claim.before_commit")
    return claimed


def _take(
    connection: Connection, seq: int, charge: Callable[[Job], Charge], now: int, lease_until: int, max_attempts: int
) -> Job:
    row: sa.Row[Any] = connection.execute(CHOSEN, {"of_seq": seq}).one()
    number, alone, started = row.attempt + 1, is_alone(row, max_attempts), row.started_at
    job = replace(
        job_of(row), state="running", attempt=number, alone=alone, started_at=now if started is None else started
    )
    cost = charge(job)
    given = {"of_seq": seq, "number": number, "by_itself": int(alone), "now": now, "until": lease_until}
    connection.execute(TAKE, {**given, "seconds": cost.seconds, "of_weight": cost.weight})
    turns.charge(connection, row.lane, row.owner, cost.seconds / cost.weight)
    turns.rest(connection, row.lane, row.owner)
    return job


def _record(connection: Connection, claimed: Sequence[Job], now: int, engine: str | None) -> None:
    tally.moved(connection, "queued", "running", len(claimed))
    connection.execute(
        sa.insert(attempts),
        [
            {"job_id": job.id, "number": job.attempt, "alone": int(job.alone), "engine": engine, "started_at": now}
            for job in claimed
        ],
    )
    connection.execute(
        sa.insert(events),
        [history.event_row(job.id, now, "claimed", attempt=job.attempt, alone=job.alone or None) for job in claimed],
    )
