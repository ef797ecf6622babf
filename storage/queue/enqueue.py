"""Accepts jobs. Once this is committed they are acknowledged and never lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import NotFoundError
from config.failpoints import reach
from config.ids import new_id
from pipeline import canonical
from pipeline.request import Request
from storage.queue import history, tally, turns
from storage.queue.job import LANES, Enqueued, NewJob
from storage.schema import events, jobs, lineage, orders, pictures

_KNOWN = sa.select(jobs.c.id).where(
    jobs.c.source == sa.bindparam("of_source"), jobs.c.key == sa.bindparam("of_key"), jobs.c.key.is_not(None)
)
_SUBMITTED = (
    sa.update(orders)
    .where(orders.c.id == sa.bindparam("of_order"))
    .values(submitted=orders.c.submitted + sa.bindparam("more"))
)


def enqueue(connection: Connection, new: NewJob, *, now: int) -> Enqueued:
    """Queue one job; with a key that its source used before, find that job instead. See :func:`enqueue_many`."""
    return enqueue_many(connection, [new], now=now)[0]


def enqueue_many(connection: Connection, new: Sequence[NewJob], *, now: int) -> list[Enqueued]:
    """Queue jobs in this order, all or none. Raises :class:`NotFoundError` for a parent that does not exist."""
    answers: list[Enqueued] = []
    rows: list[dict[str, Any]] = []
    created: list[NewJob] = []
    by_key: dict[tuple[str, str], str] = {}
    for each in new:
        row = _row(each, now)
        name = (row["source"], each.key) if each.key is not None else None
        known = by_key.get(name) or _known(connection, *name) if name else None
        if known is None:
            rows.append(row)
            created.append(each)
            if name:
                by_key[name] = row["id"]
        answers.append(Enqueued(known or row["id"], known is None))
    if rows:
        _write(connection, rows, created, now)
    reach("enqueue.before_commit")
    return answers


def cost_of(request: Request) -> float:
    """What a settled request asks of an engine: megapixel-steps."""
    pixels = (request.width or 0) * (request.height or 0)
    return max((request.steps or 0) * request.count * pixels / 1e6, 1e-6)


def _known(connection: Connection, source: str, key: str) -> str | None:
    found = connection.execute(_KNOWN, {"of_source": source, "of_key": key}).scalar()
    return None if found is None else str(found)


def _write(connection: Connection, rows: list[dict[str, Any]], created: list[NewJob], now: int) -> None:
    connection.execute(sa.insert(jobs), rows)
    connection.execute(sa.insert(events), [history.event_row(row["id"], now, "queued") for row in rows])
    for row, each in zip(rows, created, strict=True):
        if each.parent is not None:
            connection.execute(sa.insert(lineage), _descent(connection, row["id"], each.parent))
    for lane, owner in {(row["lane"], row["owner"]): None for row in rows}:
        turns.activate(connection, lane, owner)
    for order, more in Counter(each.order_id for each in created if each.order_id is not None).items():
        connection.execute(_SUBMITTED, {"of_order": order, "more": more})
    tally.moved(connection, None, "queued", len(rows))


def _row(new: NewJob, now: int) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "state": "queued",
        "lane": LANES.index(new.lane),
        "owner": new.owner,
        "source": new.owner.partition(":")[0],
        "key": new.key,
        "origin_source": new.origin.source,
        "origin_address": json.dumps(dict(new.origin.address)),
        "priority": new.priority,
        "cost": cost_of(new.request),
        "request": canonical.canonical_json(new.request),
        "request_hash": canonical.digest(new.request),
        "deliver": int(new.deliver),
        "order_id": new.order_id,
        "line": new.line,
        "image": new.request.image,
        "model": new.request.model,
        "attempt": 0,
        "alone": 0,
        "cancel_requested": 0,
        "queued_at": now,
    }


def _descent(connection: Connection, child: str, parent: str) -> dict[str, str | None]:
    if connection.execute(sa.select(pictures.c.id).where(pictures.c.id == parent)).first():
        return {"child_job": child, "parent_picture": parent, "parent_job": None}
    if connection.execute(sa.select(jobs.c.id).where(jobs.c.id == parent)).first():
        return {"child_job": child, "parent_picture": None, "parent_job": parent}
    raise NotFoundError(f"there is no picture or job {parent} that this could descend from", field="parent")
