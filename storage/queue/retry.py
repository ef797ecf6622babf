"""Queues a job again that ended without a result."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import ConflictError, NotFoundError
from storage import deliveries
from storage.queue import tally, transition
from storage.queue.enqueue import held_columns, need_of
from storage.queue.rows import error_columns, request_of
from storage.quotas import counting
from storage.quotas.admission import Admission
from storage.quotas.periods import Periods
from storage.quotas.periods import periods as periods_of
from storage.quotas.terms import UNLIMITED, Terms, groups_of
from storage.schema import jobs

AGAIN = ("failed", "dead", "cancelled")


def retry(
    connection: Connection,
    job: str,
    *,
    now: int,
    terms: Terms = UNLIMITED,
    periods: Periods | None = None,
    max_queued: int | None = None,
) -> str:
    """``queued``, the attempts counted anew; a job that killed its engine goes on running alone.

    A delivery of its earlier end that is still on its way is dropped: the new end will be delivered.
    It counts in the periods of ``now`` (in UTC when open), and what it may come to use is reserved anew.
    Raises :class:`NotFoundError`, :class:`ConflictError` for a job that has not ended or is done,
    :class:`config.errors.QuotaError` or :class:`config.errors.UserError` where its terms leave no room for it,
    :class:`config.errors.BusyError` where more than ``max_queued`` jobs would wait.
    """
    columns = (jobs.c.state, jobs.c.alone, jobs.c.owner, jobs.c.groups, jobs.c.request)
    row = connection.execute(sa.select(*columns).where(jobs.c.id == job)).first()
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    if row.state not in AGAIN:
        raise ConflictError(f"job {job} is {row.state}", hint="only a failed, dead or cancelled job can be tried again")
    periods = periods or periods_of(now)
    need = need_of(request_of(row.request), row.owner, groups_of(row.groups), terms)
    refusal = Admission(connection, periods).refusal(need, terms)
    if refusal is not None:
        raise refusal
    tally.insist_on_room(connection, 1, max_queued)
    deliveries.supersede(connection, job, now)
    transition.leave(
        connection,
        job,
        row.state,
        "queued",
        now=now,
        what="retried",
        values={
            "attempt": 0,
            "cancel_requested": 0,
            "alone": row.alone if row.state == "dead" else 0,
            **error_columns(None),
            **held_columns(need, periods),
        },
    )
    counting.hold(connection, [need], periods)
    return "queued"
