"""Every write after the claim is fenced: it counts only while the job runs, and runs this attempt."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, update

from config.ids import new_id
from storage import deliveries
from storage.queue import history, shares
from storage.schema import jobs

NO_ERROR = {"error_kind": None, "error_message": None, "error_field": None, "error_hint": None}


def leave_running(connection: Connection, job: str, fenced_attempt: int, /, **values: Any) -> RowMapping | None:
    """Move a running job on; ``None`` when somebody else owns it by now, and nothing was written."""
    return (
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job, jobs.c.state == "running", jobs.c.attempt == fenced_attempt)
            .values(lease_until=None, **values)
            .returning(jobs)
        )
        .mappings()
        .one_or_none()
    )


def ended(connection: Connection, row: RowMapping, *, now: int, detail: str | None = None) -> None:
    """What belongs to every terminal state: its event, and its delivery in the same transaction."""
    history.note(connection, row["id"], row["state"], now=now, detail=detail)
    if row["deliver"]:
        deliveries.add(connection, new_id(now), job_id=row["id"], source=row["source"], address=row["address"], now=now)


def requeued(connection: Connection, row: RowMapping, *, now: int, detail: str | None = None) -> None:
    """What belongs to going back into the queue; a job whose cancellation was asked for meanwhile ends instead."""
    if row["cancel_requested"]:
        query = update(jobs).where(jobs.c.id == row["id"]).values(state="cancelled", resting=0, finished_at=now)
        ended(connection, connection.execute(query.returning(jobs)).mappings().one(), now=now)
        return
    history.note(connection, row["id"], "queued", now=now, detail=detail)
    if not row["resting"]:
        shares.arrive(connection, row["lane"], row["owner"])
