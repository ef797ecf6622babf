"""Records a result: picture rows, the job's end and its delivery are one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from config.failpoints import reach
from storage.queue import transition
from storage.queue.rows import error_columns
from storage.results.picture import NewPicture
from storage.schema import pictures


def finish(
    connection: Connection,
    job: str,
    attempt: int,
    made: Sequence[NewPicture],
    *,
    now: int,
    engine_seconds: float = 0.0,
) -> bool:
    """The job is done with these pictures, whose files are durable already.

    False, with nothing written, when this attempt does not own the job (any more).
    """
    ended = transition.leave_running(
        *(connection, job, attempt, "done"),
        now=now,
        outcome="done",
        values={"alone": 0, **error_columns(None)},
        engine_seconds=engine_seconds,
        sizes=[picture.bytes for picture in made],
    )
    if ended is None:
        return False
    if made:
        connection.execute(
            sa.insert(pictures),
            [
                {
                    "id": picture.id,
                    "job_id": job,
                    "number": picture.index,
                    "path": picture.path,
                    "sha256": picture.sha256,
                    "pixels_sha256": picture.pixels_sha256,
                    "seed": picture.seed,
                    "width": picture.width,
                    "height": picture.height,
                    "bytes": picture.bytes,
                    "facts": json.dumps(dict(picture.facts)),
                    "created_at": now,
                }
                for picture in made
            ],
        )
    reach("finish.before_commit")
    return True
