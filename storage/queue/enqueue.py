"""Accepts jobs. Once this is committed they are acknowledged and never lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import NotFoundError, QuotaError, UserError
from config.failpoints import reach
from config.ids import new_id
from pipeline import canonical
from pipeline.request import Request
from storage import prompts
from storage.queue import history, tally, turns
from storage.queue.job import LANES, Enqueued, NewJob
from storage.quotas import counting
from storage.quotas.admission import Admission
from storage.quotas.periods import Periods
from storage.quotas.periods import periods as periods_of
from storage.quotas.terms import Need, Terms, largest_bytes, scopes_of
from storage.schema import events, jobs, lineage, orders, pictures

_KNOWN = sa.select(jobs.c.id).where(
    jobs.c.source == sa.bindparam("of_source"), jobs.c.key == sa.bindparam("of_key"), jobs.c.key.is_not(None)
)
_SUBMITTED = (
    sa.update(orders)
    .where(orders.c.id == sa.bindparam("of_order"))
    .values(submitted=orders.c.submitted + sa.bindparam("more"))
)


def enqueue(
    connection: Connection, new: NewJob, *, now: int, periods: Periods | None = None, max_queued: int | None = None
) -> Enqueued:
    """Queue one job; with a key that its source used before, find that job instead. See :func:`enqueue_many`."""
    return enqueue_many(connection, [new], now=now, periods=periods, max_queued=max_queued)[0]


def enqueue_many(
    connection: Connection,
    new: Sequence[NewJob],
    *,
    now: int,
    periods: Periods | None = None,
    max_queued: int | None = None,
) -> list[Enqueued]:
    """Queue jobs in this order, all or none.

    Raises :class:`NotFoundError` for a parent that does not exist, :class:`QuotaError` or :class:`UserError` for the
    first job whose terms leave no room for it, :class:`BusyError` where more than ``max_queued`` jobs would wait.
    ``periods`` are those of ``now``, in UTC when open.
    """
    answers: list[Enqueued] = []
    for answer in enqueue_what_fits(connection, new, now=now, periods=periods, max_queued=max_queued):
        if not isinstance(answer, Enqueued):
            raise answer
        answers.append(answer)
    return answers


def enqueue_what_fits(
    connection: Connection,
    new: Sequence[NewJob],
    *,
    now: int,
    periods: Periods | None = None,
    in_order: bool = False,
    max_queued: int | None = None,
) -> list[Enqueued | QuotaError | UserError]:
    """As :func:`enqueue_many`, but a job for which there is no room stands as its error and stops no other.

    With ``in_order`` none is queued behind one that has to wait for room: all that follow stand as its error.
    What is judged is reserved in this same transaction, so that no two jobs are ever admitted to one place. A job
    whose key is known needs no room. Raises :class:`BusyError`, with nothing written, where all that are judged to
    fit would make the queue longer than ``max_queued``.
    """
    answers: list[Enqueued | QuotaError | UserError] = []
    rows: list[dict[str, Any]] = []
    created: list[NewJob] = []
    needs: list[Need] = []
    by_key: dict[tuple[str, str], str] = {}
    periods = periods or periods_of(now)
    admission = Admission(connection, periods)
    waits: QuotaError | None = None
    for each in new:
        if waits is not None:
            answers.append(waits)
            continue
        name = (_source(each), each.key) if each.key is not None else None
        known = by_key.get(name) or _known(connection, *name) if name else None
        if known is not None:
            answers.append(Enqueued(known, False))
            continue
        need = need_of(each.request, each.owner, each.groups, each.terms)
        refusal = admission.refusal(need, each.terms)
        if refusal is not None:
            answers.append(refusal)
            waits = refusal if in_order and isinstance(refusal, QuotaError) else None
            continue
        row = {**_row(each, now), **held_columns(need, periods)}
        rows.append(row)
        created.append(each)
        needs.append(need)
        if name:
            by_key[name] = row["id"]
        answers.append(Enqueued(row["id"], True))
    if rows:
        tally.insist_on_room(connection, len(rows), max_queued)
        _write(connection, rows, created, now)
        counting.hold(connection, needs, periods)
    reach("enqueue.before_commit")
    return answers


def need_of(request: Request, owner: str, groups: Sequence[str], terms: Terms) -> Need:
    """What a job may come to use at most."""
    words = len(request.prompt) + len(request.negative_prompt)
    size = largest_bytes(request.width or 0, request.height or 0, request.count, words)
    return Need(scopes_of(owner, groups), request.count, terms.engine_ms, size)


def cost_of(request: Request) -> float:
    """What a settled request asks of an engine: megapixel-steps."""
    pixels = (request.width or 0) * (request.height or 0)
    return max((request.steps or 0) * request.count * pixels / 1e6, 1e-6)


def _known(connection: Connection, source: str, key: str) -> str | None:
    found = connection.execute(_KNOWN, {"of_source": source, "of_key": key}).scalar()
    return None if found is None else str(found)


def _write(connection: Connection, rows: list[dict[str, Any]], created: list[NewJob], now: int) -> None:
    connection.execute(sa.insert(jobs), rows)
    prompts.add(connection, len(rows))
    connection.execute(sa.insert(events), [history.event_row(row["id"], now, "queued") for row in rows])
    for row, each in zip(rows, created, strict=True):
        if each.parent is not None:
            connection.execute(sa.insert(lineage), _descent(connection, row["id"], each.parent))
    for lane, owner in {(row["lane"], row["owner"]): None for row in rows}:
        turns.activate(connection, lane, owner)
    for order, more in Counter(each.order_id for each in created if each.order_id is not None).items():
        connection.execute(_SUBMITTED, {"of_order": order, "more": more})
    tally.moved(connection, None, "queued", len(rows))


def _source(new: NewJob) -> str:
    return new.owner.partition(":")[0]


def _row(new: NewJob, now: int) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "state": "queued",
        "lane": LANES.index(new.lane),
        "owner": new.owner,
        "source": _source(new),
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
        "groups": json.dumps(new.groups),
    }


def held_columns(need: Need, periods: Periods) -> dict[str, Any]:
    """What the row of a job says about what is held for it."""
    return {
        "quota_day": periods.day,
        "held_pictures": need.pictures,
        "held_ms": need.engine_ms,
        "held_bytes": need.bytes,
    }


def _descent(connection: Connection, child: str, parent: str) -> dict[str, str | None]:
    if connection.execute(sa.select(pictures.c.id).where(pictures.c.id == parent)).first():
        return {"child_job": child, "parent_picture": parent, "parent_job": None}
    if connection.execute(sa.select(jobs.c.id).where(jobs.c.id == parent)).first():
        return {"child_job": child, "parent_picture": None, "parent_job": parent}
    raise NotFoundError(f"there is no picture or job {parent} that this could descend from", field="parent")
