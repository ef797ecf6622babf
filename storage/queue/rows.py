"""From rows to values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pipeline.request import Request
from storage.queue.job import LANES, Job, JobError, Origin, Picture
from storage.quotas.terms import groups_of
from storage.schema import jobs, lineage

JOBS = sa.select(jobs, sa.func.coalesce(lineage.c.parent_picture, lineage.c.parent_job).label("parent")).select_from(
    jobs.outerjoin(lineage, lineage.c.child_job == jobs.c.id)
)


def job_of(row: sa.Row[Any], pictures: Sequence[Picture] = ()) -> Job:
    """The job of a row of :data:`JOBS`."""
    return Job(
        id=row.id,
        state=row.state,
        lane=LANES[row.lane],
        owner=row.owner,
        origin=Origin(row.origin_source, json.loads(row.origin_address)),
        priority=row.priority,
        attempt=row.attempt,
        alone=bool(row.alone),
        request=request_of(row.request),
        request_hash=row.request_hash,
        error=JobError(row.error_kind, row.error_message, row.error_field, row.error_hint) if row.error_kind else None,
        pictures=tuple(pictures),
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        not_before=row.not_before,
        cancel_requested=bool(row.cancel_requested),
        order_id=row.order_id,
        line=row.line,
        parent=row.parent,
        engine_seconds=row.engine_seconds,
        groups=groups_of(row.groups),
    )


def request_of(text: str) -> Request:
    """A stored request. It was checked when it came in, and stays readable when the bounds change later."""
    return Request.model_construct(**json.loads(text))


def picture_of(row: sa.Row[Any]) -> Picture:
    """The picture of a row of ``pictures``."""
    return Picture(
        id=row.id,
        job_id=row.job_id,
        index=row.number,
        path=row.path,
        sha256=row.sha256,
        pixels_sha256=row.pixels_sha256,
        seed=row.seed,
        width=row.width,
        height=row.height,
        bytes=row.bytes,
        facts=json.loads(row.facts),
        created_at=row.created_at,
    )


def error_columns(error: JobError | None) -> dict[str, str | None]:
    """What the columns of an error hold."""
    if error is None:
        return {"error_kind": None, "error_message": None, "error_field": None, "error_hint": None}
    return {
        "error_kind": error.kind,
        "error_message": error.message,
        "error_field": error.field,
        "error_hint": error.hint,
    }
