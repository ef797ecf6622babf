"""Between rows and jobs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from pipeline.request import Request
from storage.queue.job import Job, JobError, Origin, Picture
from storage.schema import pictures


def to_json(value: Mapping[str, Any]) -> str:
    """The one form in which JSON is stored."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def to_job(row: RowMapping, found: Sequence[Picture] = ()) -> Job:
    """A row of ``jobs``."""
    error = None
    if row["error_kind"] is not None:
        error = JobError(row["error_kind"], row["error_message"], row["error_field"], row["error_hint"])
    return Job(
        id=row["id"],
        state=row["state"],
        lane=row["lane"],
        owner=row["owner"],
        origin=Origin(row["source"], json.loads(row["address"])),
        priority=row["priority"],
        attempt=row["attempt"],
        alone=bool(row["alone"]),
        # Validated when it was accepted; a later version may bound more strictly and must still read it.
        request=Request.model_construct(**json.loads(row["request"])),
        request_hash=row["request_hash"],
        error=error,
        pictures=tuple(found),
        queued_at=row["queued_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        not_before=row["not_before"],
        cancel_requested=bool(row["cancel_requested"]),
        order_id=row["order_id"],
        line=row["line"],
        parent=row["parent"],
        deliver=bool(row["deliver"]),
    )


def to_picture(row: RowMapping) -> Picture:
    """A row of ``pictures``."""
    fields = dict(row)
    return Picture(index=fields.pop("number"), facts=json.loads(fields.pop("facts")), **fields)


def with_pictures(connection: Connection, rows: Sequence[RowMapping]) -> list[Job]:
    """Jobs with their pictures, in few queries: SQLite takes a bounded number of parameters."""
    found: defaultdict[str, list[Picture]] = defaultdict(list)
    ids = [row["id"] for row in rows if row["state"] == "done"]
    for start in range(0, len(ids), 500):
        query = select(pictures).where(pictures.c.job_id.in_(ids[start : start + 500]))
        for row in connection.execute(query.order_by(pictures.c.job_id, pictures.c.number)).mappings():
            found[row["job_id"]].append(to_picture(row))
    return [to_job(row, found[row["id"]]) for row in rows]
