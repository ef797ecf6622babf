"""Another try for a job that ended without its pictures."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from config.errors import ConflictError, NotFoundError
from storage.queue import fence
from storage.schema import jobs


def retry(connection: Connection, job: str, *, now: int) -> str:
    """Back in the queue with no attempts counted. One that died stays alone: it is still suspected."""
    state = connection.execute(select(jobs.c.state).where(jobs.c.id == job)).scalar_one_or_none()
    if state is None:
        raise NotFoundError(f"there is no job {job}")
    if state not in ("failed", "dead", "cancelled"):
        raise ConflictError(f"job {job} is {state}", hint="only failed, dead and cancelled jobs can be tried again")
    values = {"state": "queued", "attempt": 0, "resting": 0, "not_before": now, "finished_at": None}
    row = (
        connection.execute(
            update(jobs).where(jobs.c.id == job).values(cancel_requested=0, **values, **fence.NO_ERROR).returning(jobs)
        )
        .mappings()
        .one()
    )
    fence.requeued(connection, row, now=now, detail="retried")
    return "queued"
