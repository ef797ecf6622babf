"""Gives the next jobs in the fair order to an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.failpoints import reach
from storage.queue import history, tally, turns
from storage.queue.job import LANES, Job
from storage.queue.pause import is_paused
from storage.queue.rows import job_of
from storage.schema import attempts, events, jobs

TAKE = (
    sa.update(jobs)
    .where(jobs.c.seq == sa.bindparam("of_seq"), jobs.c.state == "queued")
    .values(
        state="running",
        attempt=sa.bindparam("number"),
        alone=sa.bindparam("by_itself"),
        started_at=sa.func.coalesce(jobs.c.started_at, sa.bindparam("now")),
        lease_until=sa.bindparam("until"),
    )
)


def claim(
    connection: Connection,
    *,
    now: int,
    lease_until: int,
    limit: int,
    engine_idle: bool,
    max_attempts: int,
    lanes: Sequence[str] = LANES,
    engine: str | None = None,
) -> list[Job]:
    """At most ``limit`` jobs of these lanes, now running; none while the queue is paused.

    A job that must run alone comes alone, and only to an idle engine. When it is next and the engine is busy nothing
    more is claimed, so that the engine becomes idle and the job can't starve. A job whose attempts are used up (the
    cap was lowered, or its last one was shared with the culprit of a crash) gets one more, alone.
    """
    if limit < 1 or is_paused(connection):
        return []
    turns.promote(connection, now)
    claimed: list[Job] = []
    alone = False
    for lane in sorted(LANES.index(name) for name in lanes):
        while len(claimed) < limit and not alone and (turn := turns.next_job(connection, lane)) is not None:
            row, start = turn
            alone = bool(row.alone) or row.attempt >= max_attempts
            if alone and (claimed or not engine_idle):
                break
            claimed.append(_take(connection, row, start, now, lease_until, alone))
        if alone:
            break
    if claimed:
        _record(connection, claimed, now, engine)
        reach("claim.before_commit")
    return claimed


def _take(connection: Connection, row: sa.Row[Any], start: float, now: int, lease_until: int, alone: bool) -> Job:
    number = row.attempt + 1
    given = {"of_seq": row.seq, "number": number, "by_itself": int(alone), "now": now, "until": lease_until}
    connection.execute(TAKE, given)
    turns.charge(connection, row.lane, row.owner, start, row.cost)
    started = now if row.started_at is None else row.started_at
    return replace(job_of(row), state="running", attempt=number, alone=alone, started_at=started)


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
