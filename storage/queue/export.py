"""Whole records of jobs, a page at a time: a hundred thousand jobs neither fill the memory nor hold a read open."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.queue.job import LANES
from storage.queue.rows import JOBS
from storage.schema import attempts, deliveries, events, jobs, pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Jobs that match all that is given; moments of acceptance, the second one excluded."""

    since: int | None = None
    until: int | None = None
    state: str | None = None
    owner: str | None = None


def page(
    connection: Connection, wanted: Filter, after: int, limit: int, *, with_events: bool
) -> tuple[list[dict[str, Any]], int | None]:
    """Records of the next jobs in order of acceptance, and the ``after`` of the next page (None: there is none).

    Moments are UTC epoch milliseconds. The request stands as it was recorded.
    """
    query = JOBS.where(jobs.c.seq > after)
    for column, value in ((jobs.c.state, wanted.state), (jobs.c.owner, wanted.owner)):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(jobs.c.queued_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(jobs.c.queued_at < wanted.until)
    rows = connection.execute(query.order_by(jobs.c.seq).limit(limit)).all()
    names = [row.id for row in rows]
    parts: dict[str, Mapping[str, list[dict[str, Any]]]] = {
        "pictures": _of_jobs(connection, pictures, names, pictures.c.number),
        "attempts": _of_jobs(connection, attempts, names, attempts.c.id),
        "deliveries": _of_jobs(connection, deliveries, names, deliveries.c.id),
    }
    if with_events:
        parts["events"] = _of_jobs(connection, events, names, events.c.id)
    return [_record(row, parts) for row in rows], rows[-1].seq if len(rows) == limit else None


def _of_jobs(
    connection: Connection, table: sa.Table, names: Sequence[str], order: sa.ColumnElement[Any]
) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(sa.select(table).where(table.c.job_id.in_(names)).order_by(table.c.job_id, order)):
        values = dict(row._mapping)
        found[values.pop("job_id")].append(values)
    return found


def _record(row: sa.Row[Any], parts: Mapping[str, Mapping[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    request = json.loads(row.request)
    error = {name: getattr(row, f"error_{name}") for name in ("kind", "message", "field", "hint")}
    record: dict[str, Any] = {
        "id": row.id,
        "state": row.state,
        "lane": LANES[row.lane],
        "priority": row.priority,
        "owner": row.owner,
        "key": row.key,
        "origin": {"source": row.origin_source, "address": json.loads(row.origin_address)},
        "parent": row.parent,
        "order": row.order_id,
        "line": row.line,
        "model": request["model"],
        "request": request,
        "request_sha256": row.request_hash,
        "queued_at": row.queued_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "engine_seconds": row.engine_seconds,
        "error": error if row.error_kind else None,
    }
    record |= {name: found.get(row.id, []) for name, found in parts.items()}
    for picture in record["pictures"]:
        picture["index"] = picture.pop("number")
        picture["facts"] = json.loads(picture["facts"])
    for attempt in record["attempts"]:
        del attempt["id"]
        attempt["alone"] = bool(attempt["alone"])
    for event in record.get("events", ()):
        del event["id"]
        event["detail"] = json.loads(event["detail"] or "{}")
    return record
