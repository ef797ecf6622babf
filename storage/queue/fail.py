"""An attempt ended without its pictures, and the engine lived to say so."""

from __future__ import annotations

from sqlalchemy import Connection

from storage.queue import fence, history
from storage.queue.job import JobError


def fail(
    connection: Connection, job: str, attempt: int, error: JobError, *, now: int, max_attempts: int, retry_ms: int
) -> str | None:
    """The job's new state, or ``None`` when this attempt no longer owns it.

    A retryable failure goes back to the queue, to rest for ``retry_ms``; after the last attempt the job is ``dead``.
    Anything else is ``failed`` at once: it would fail again. The engine survived, so an accusation is lifted.
    """
    words = {
        "error_kind": error.kind,
        "error_message": error.message,
        "error_field": error.field,
        "error_hint": error.hint,
    }
    again = error.kind == "retryable" and attempt < max_attempts
    if again:
        state = {"state": "queued", "resting": int(retry_ms > 0), "not_before": now + retry_ms}
    else:
        state = {"state": "dead" if error.kind == "retryable" else "failed", "finished_at": now}
    row = fence.leave_running(connection, job, attempt, alone=0, **state, **words)
    if row is None:
        return None
    history.end_attempt(connection, job, "failed", now=now, error=error.message)
    if again:
        fence.requeued(connection, row, now=now, detail=error.message)
        return "cancelled" if row["cancel_requested"] else "queued"
    fence.ended(connection, row, now=now, detail=error.message)
    return str(row["state"])
