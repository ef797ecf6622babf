"""Record a result: pictures, the job's end and its delivery in one transaction. The files are durable before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from config.failpoints import reach
from storage.queue import fence, history
from storage.queue.rows import to_json
from storage.results.picture import NewPicture
from storage.schema import pictures


def finish(connection: Connection, job: str, attempt: int, found: Sequence[NewPicture], *, now: int) -> bool:
    """The job is done. False when this attempt no longer owns it: then nothing was written."""
    row = fence.leave_running(
        connection, job, attempt, state="done", alone=0, finished_at=now, cancel_requested=0, **fence.NO_ERROR
    )
    if row is None:
        return False
    for picture in found:
        connection.execute(
            insert(pictures).values(
                id=picture.id,
                job_id=job,
                number=picture.index,
                path=picture.path,
                sha256=picture.sha256,
                pixels_sha256=picture.pixels_sha256,
                seed=picture.seed,
                width=picture.width,
                height=picture.height,
                bytes=picture.bytes,
                facts=to_json(picture.facts),
                created_at=now,
            )
        )
    history.end_attempt(connection, job, "done", now=now)
    fence.ended(connection, row, now=now)
    reach("finish.before_commit")
    return True
