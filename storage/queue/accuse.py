"""A crash accuses every job that was on board: nobody knows which one it was, so each runs alone next time.

Only a last attempt that was made alone proves a job guilty, and ends it as ``dead``: one bad job never takes its
neighbours along.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, text

from storage.queue import fence, history
from storage.schema import jobs

ORPHANED = "the daemon ended while it was being drawn"


def accuse(
    connection: Connection, names: Sequence[tuple[str, int]], reason: str, *, now: int, max_attempts: int
) -> dict[str, str]:
    """The engine died with these on board; their new states (those that were still ours)."""
    states = {}
    for job, attempt in names:
        if state := _accuse(connection, job, attempt, reason, now, max_attempts):
            states[job] = state
    return states


def recover(connection: Connection, *, now: int, max_attempts: int) -> list[str]:
    """At start nobody else owns the queue, so whatever is running is an orphan. Returns the ids."""
    query = select(jobs.c.id, jobs.c.attempt).where(text("state = 'running'")).order_by(jobs.c.seq)
    names = [(row.id, row.attempt) for row in connection.execute(query)]
    return list(accuse(connection, names, ORPHANED, now=now, max_attempts=max_attempts))


def _accuse(connection: Connection, job: str, attempt: int, reason: str, now: int, max_attempts: int) -> str | None:
    alone = connection.execute(select(jobs.c.alone).where(jobs.c.id == job)).scalar_one_or_none()
    guilty = bool(alone) and attempt >= max_attempts
    state = {"state": "dead", "finished_at": now} if guilty else {"state": "queued", "resting": 0, "not_before": now}
    row = fence.leave_running(
        connection,
        job,
        attempt,
        alone=1,
        error_kind="retryable",
        error_message=reason,
        error_field=None,
        error_hint="retry it once the cause is known: mezzotint retry ID" if guilty else None,
        **state,
    )
    if row is None:
        return None
    history.end_attempt(connection, job, "crashed", now=now, error=reason)
    if guilty:
        fence.ended(connection, row, now=now, detail=reason)
        return "dead"
    fence.requeued(connection, row, now=now, detail=reason)
    return "cancelled" if row["cancel_requested"] else "queued"
