"""End a job because its owner wants it so."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from config.errors import NotFoundError
from storage.queue import fence, history, shares
from storage.schema import jobs


def cancel(connection: Connection, job: str, *, now: int) -> str:
    """A waiting job ends at once; a running one is marked, and :func:`cancelled` follows. Returns the state after."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    if row["state"] == "running":
        connection.execute(update(jobs).where(jobs.c.id == job).values(cancel_requested=1))
        return "running"
    if row["state"] not in ("queued", "paused"):
        return str(row["state"])
    if row["state"] == "queued" and not row["resting"]:
        shares.leave(connection, row["lane"], row["owner"])
    values = {"state": "cancelled", "resting": 0, "finished_at": now}
    ended = connection.execute(update(jobs).where(jobs.c.id == job).values(**values).returning(jobs)).mappings().one()
    fence.ended(connection, ended, now=now)
    return "cancelled"


def cancelled(connection: Connection, job: str, attempt: int, *, now: int) -> bool:
    """The engine has let go of it. False when this attempt no longer owns it."""
    row = fence.leave_running(connection, job, attempt, state="cancelled", finished_at=now)
    if row is None:
        return False
    history.end_attempt(connection, job, "cancelled", now=now)
    fence.ended(connection, row, now=now)
    return True
