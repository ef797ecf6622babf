"""Give jobs back untouched: a graceful end of the engine or the daemon is nobody's fault."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from storage.queue import fence, history


def release(connection: Connection, names: Sequence[tuple[str, int]], *, now: int) -> int:
    """Back in the queue with the attempt returned; how many were still ours."""
    released = 0
    for job, attempt in names:
        row = fence.leave_running(
            connection, job, attempt, state="queued", attempt=attempt - 1, resting=0, not_before=now
        )
        if row is None:
            continue
        history.end_attempt(connection, job, "released", now=now)
        fence.requeued(connection, row, now=now, detail="released")
        released += 1
    return released
