"""Records that an attempt did not succeed, and decides what becomes of the job."""

from __future__ import annotations

from sqlalchemy import Connection

from storage.queue import transition
from storage.queue.job import JobError
from storage.queue.rows import error_columns
from storage.queue.turns import LONGEST_REST_MS


def fail(
    connection: Connection,
    job: str,
    attempt: int,
    error: JobError,
    *,
    now: int,
    max_attempts: int,
    retry_ms: int,
    engine_seconds: float = 0.0,
) -> str | None:
    """The job's new state; None, with nothing written, when this attempt does not own the job (any more).

    A retryable error queues it again after ``retry_ms`` (at most a minute), or ends it as ``dead`` after the last
    attempt; any other ends it as ``failed``. Its engine lived, so whatever it was accused of before is forgiven.
    """
    row = transition.running(connection, job, attempt)
    if row is None:
        return None
    later = None
    if error.kind != "retryable":
        to = "failed"
    elif row.cancel_requested:
        to = "cancelled"
    elif attempt >= max_attempts:
        to = "dead"
    else:
        to, later = "queued", (now + min(retry_ms, LONGEST_REST_MS) if retry_ms > 0 else None)
    transition.leave_running(
        connection,
        job,
        attempt,
        to,
        now=now,
        outcome="failed",
        reason=error.message,
        values={"alone": 0, "not_before": later, **error_columns(error)},
        engine_seconds=engine_seconds,
    )
    return to
