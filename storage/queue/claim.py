"""Where a job is claimed: in fair order, by index seeks only, in the caller's ``BEGIN IMMEDIATE`` transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, bindparam, func, select, text, update

from storage.queue import history, shares, switches
from storage.queue.job import LANES, Job
from storage.queue.rows import to_job
from storage.schema import READY, RESTING, jobs

NEXT_JOB = (
    select(jobs.c.seq, jobs.c.alone, jobs.c.cost, jobs.c.owner)
    .where(jobs.c.lane == bindparam("lane"), jobs.c.owner == bindparam("owner"), text(READY))
    .order_by(jobs.c.priority.desc(), jobs.c.seq)
    .limit(1)
)
RESTED = (
    select(jobs.c.seq, jobs.c.lane, jobs.c.owner)
    .where(text(RESTING), jobs.c.not_before <= bindparam("now"))
    .order_by(jobs.c.not_before)
    .limit(1000)
)

TAKE = (
    update(jobs)
    .where(jobs.c.seq == bindparam("this"), jobs.c.state == "queued")
    .values(
        state="running",
        attempt=jobs.c.attempt + 1,
        lease_until=bindparam("until"),
        started_at=func.coalesce(jobs.c.started_at, bindparam("now")),
    )
    .returning(jobs)
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
) -> list[Job]:
    """Up to ``limit`` jobs, now running, with this attempt counted.

    Order: lane, then the owner who was served least, then priority, then age. A job that must run alone comes as the
    only one, and only when the engine is idle; while it is next and the engine is not, nothing is claimed, so it
    can't starve.
    """
    wake_rested(connection, now=now)
    if switches.is_paused(connection):
        return []
    claimed: list[Job] = []
    while len(claimed) < limit and (head := next_ready(connection, lanes)) is not None:
        if head["alone"]:
            if engine_idle and not claimed:
                claimed.append(_take(connection, head, now, lease_until))
            break
        claimed.append(_take(connection, head, now, lease_until))
    return claimed


def peek_urgency(connection: Connection, *, now: int) -> int | None:
    """The lane index of what :func:`claim` would return first; ``None`` when nothing is ready."""
    if switches.is_paused(connection):
        return None
    for urgency, lane in enumerate(LANES):
        if shares.next_owner(connection, lane) is not None:
            return urgency
    return None


def next_ready(connection: Connection, lanes: Sequence[str] = LANES) -> RowMapping | None:
    """The job whose turn it is."""
    for lane in lanes:
        owner = shares.next_owner(connection, lane)
        if owner is not None:
            return connection.execute(NEXT_JOB, {"lane": lane, "owner": owner.owner}).mappings().one()
    return None


def wake_rested(connection: Connection, *, now: int) -> None:
    """Make ready what rested until now."""
    for row in connection.execute(RESTED, {"now": now}).all():
        connection.execute(update(jobs).where(jobs.c.seq == row.seq).values(resting=0))
        shares.arrive(connection, row.lane, row.owner)


def next_rested_at(connection: Connection) -> int | None:
    """When the next resting job becomes ready."""
    query = select(jobs.c.not_before).where(text(RESTING)).order_by(jobs.c.not_before).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _take(connection: Connection, head: RowMapping, now: int, lease_until: int) -> Job:
    values = {"this": head["seq"], "now": now, "until": lease_until}
    row = connection.execute(TAKE, values).mappings().one()
    shares.serve(connection, row["lane"], row["owner"], row["cost"])
    history.begin_attempt(connection, row["id"], row["attempt"], bool(row["alone"]), now=now)
    history.note(connection, row["id"], "running", now=now, detail=f"attempt {row['attempt']}")
    return to_job(row)
