"""Take a job in. What this wrote and the caller committed is never lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select

from config.failpoints import reach
from config.ids import new_id
from pipeline import canonical
from pipeline.request import Request
from storage.queue import history, shares
from storage.queue.job import Enqueued, NewJob
from storage.queue.rows import to_json
from storage.schema import jobs, lineage, owners

PIXELS_PER_COST = 1_000_000

# Statements are built once: SQLAlchemy then finds their compiled form at once, which is most of the cost of a small
# one.
KNOWN_JOB = select(jobs.c.id).where(
    jobs.c.source == bindparam("source"), jobs.c.idempotency_key == bindparam("idempotency_key")
)
KNOWN_OWNER = select(owners.c.name).where(owners.c.name == bindparam("owner"))
INSERT_JOB = insert(jobs)
INSERT_OWNER = insert(owners)
INSERT_LINEAGE = insert(lineage)


def enqueue(connection: Connection, new: NewJob, *, now: int) -> Enqueued:
    """One job; the same key of the same source again is the same job, whatever else the second one says."""
    return enqueue_many(connection, [new], now=now)[0]


def enqueue_many(connection: Connection, new: Sequence[NewJob], *, now: int) -> list[Enqueued]:
    """Jobs in their order, all in the caller's transaction."""
    arrived: Counter[tuple[str, str]] = Counter()
    for owner in dict.fromkeys(job.owner for job in new):
        _know(connection, owner, now)
    result = []
    for job in new:
        if known := _known(connection, job):
            result.append(Enqueued(known, created=False))
            continue
        result.append(Enqueued(_insert(connection, job, now), created=True))
        arrived[job.lane, job.owner] += 1
    for (lane, owner), count in arrived.items():
        shares.arrive(connection, lane, owner, count)
    reach("enqueue.before_commit")
    return result


def _known(connection: Connection, job: NewJob) -> str | None:
    if job.key is None:
        return None
    found = connection.execute(KNOWN_JOB, {"source": job.origin.source, "idempotency_key": job.key})
    return found.scalar_one_or_none()


def _know(connection: Connection, owner: str, now: int) -> None:
    if connection.execute(KNOWN_OWNER, {"owner": owner}).one_or_none() is None:
        connection.execute(INSERT_OWNER, {"name": owner, "first_seen_at": now})


def _insert(connection: Connection, job: NewJob, now: int) -> str:
    job_id = new_id(now)
    connection.execute(
        INSERT_JOB,
        {
            "id": job_id,
            "state": "queued",
            "resting": 0,
            "not_before": now,
            "lane": job.lane,
            "owner": job.owner,
            "priority": job.priority,
            "cost": cost(job.request),
            "attempt": 0,
            "alone": 0,
            "cancel_requested": 0,
            "request": canonical.canonical_json(job.request),
            "request_hash": canonical.digest(job.request),
            "source": job.origin.source,
            "address": to_json(job.origin.address),
            "idempotency_key": job.key,
            "deliver": int(job.deliver),
            "parent": job.parent,
            "order_id": job.order_id,
            "line": job.line,
            "queued_at": now,
        },
    )
    if job.parent:
        connection.execute(INSERT_LINEAGE, {"job_id": job_id, "parent": job.parent, "relation": job.origin.source})
    if job.request.image and job.request.image != job.parent:
        connection.execute(INSERT_LINEAGE, {"job_id": job_id, "parent": job.request.image, "relation": "image"})
    history.note(connection, job_id, "queued", now=now)
    return job_id


def cost(request: Request) -> float:
    """What a job is charged in its owner's share: steps times pictures times megapixels."""
    pixels = (request.width or 512) * (request.height or 512)
    return (request.steps or 1) * request.count * pixels / PIXELS_PER_COST
