"""Writes what is held and what was used; every change in the transaction of what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.quotas.periods import Periods
from storage.quotas.terms import Need, groups_of, scopes_of
from storage.schema import jobs, pictures, stored, usage

KEPT = {"day": 62, "month": 25}
"""Periods remembered of each scope. Counted, not dated: a clock that was years ahead forgets nothing of today."""

_of_scope = stored.c.scope == sa.bindparam("of_scope")
_of_period = (
    (usage.c.scope == sa.bindparam("of_scope"))
    & (usage.c.kind == sa.bindparam("of_kind"))
    & (usage.c.period == sa.bindparam("of_period"))
)
COUNT = (
    sa.update(usage)
    .where(_of_period)
    .values(
        held_pictures=usage.c.held_pictures + sa.bindparam("more_held"),
        held_ms=usage.c.held_ms + sa.bindparam("more_held_ms"),
        pictures=usage.c.pictures + sa.bindparam("more_made"),
        engine_ms=usage.c.engine_ms + sa.bindparam("more_ms"),
    )
)
STORE = (
    sa.update(stored)
    .where(_of_scope)
    .values(
        pictures=stored.c.pictures + sa.bindparam("more"),
        bytes=stored.c.bytes + sa.bindparam("more_bytes"),
        held_bytes=stored.c.held_bytes + sa.bindparam("more_held"),
        open_jobs=stored.c.open_jobs + sa.bindparam("more_open"),
    )
)
_BEFORE = usage.alias()
TRIM = sa.delete(usage).where(
    usage.c.scope == sa.bindparam("of_scope"),
    usage.c.kind == sa.bindparam("of_kind"),
    usage.c.held_pictures == 0,
    usage.c.period
    < sa.select(_BEFORE.c.period)
    .where(_BEFORE.c.scope == sa.bindparam("of_scope"), _BEFORE.c.kind == sa.bindparam("of_kind"))
    .order_by(_BEFORE.c.period.desc())
    .offset(sa.bindparam("kept"))
    .limit(1)
    .scalar_subquery(),
)
EMPTY = sa.delete(stored).where(_of_scope, stored.c.pictures == 0, stored.c.bytes == 0, stored.c.open_jobs == 0)


def hold(connection: Connection, needs: Iterable[Need], periods: Periods) -> None:
    """Reserve what these jobs may come to use."""
    held: dict[str, Counter[str]] = {}
    for need in needs:
        for scope in need.scopes:
            held.setdefault(scope, Counter()).update(
                pictures=need.pictures, engine_ms=need.engine_ms, bytes=need.bytes, jobs=1
            )
    for scope, sums in held.items():
        for kind, period in (("day", periods.day), ("month", periods.month)):
            _count(connection, scope, kind, period, held=sums["pictures"], held_ms=sums["engine_ms"])
        _store(connection, scope, held=sums["bytes"], jobs=sums["jobs"])


def settle(
    connection: Connection, job: sa.Row[Any], *, ended: bool, engine_ms: int, made: int = 0, made_bytes: int = 0
) -> None:
    """An attempt is over, or (``ended``) the job itself: what it held is given back and what it used is counted.

    ``job`` is a row with the owner and the columns of quotas.
    """
    if not ended and not engine_ms:
        return
    back = -1 if ended else 0
    for scope in scopes_of(job.owner, groups_of(job.groups)):
        if job.quota_day is not None:
            for kind, period in (("day", job.quota_day), ("month", job.quota_day[:7])):
                _count(
                    *(connection, scope, kind, period),
                    held=back * job.held_pictures,
                    held_ms=back * job.held_ms,
                    made=made,
                    engine_ms=engine_ms,
                )
        if ended:
            _store(connection, scope, made=made, made_bytes=made_bytes, held=-job.held_bytes, jobs=-1)


def pruned(connection: Connection, names: Sequence[str]) -> None:
    """The pictures of these jobs are about to go."""
    going = (
        sa.select(jobs.c.owner, jobs.c.groups, sa.func.count(pictures.c.id), sa.func.sum(pictures.c.bytes))
        .select_from(jobs.outerjoin(pictures, pictures.c.job_id == jobs.c.id))
        .where(jobs.c.id.in_(names))
        .group_by(jobs.c.owner, jobs.c.groups)
    )
    for owner, groups, number, size in connection.execute(going).all():
        for scope in scopes_of(owner, groups_of(groups)):
            _store(connection, scope, made=-number, made_bytes=-(size or 0))
            connection.execute(EMPTY, {"of_scope": scope})


def _count(
    connection: Connection,
    scope: str,
    kind: str,
    period: str,
    *,
    held: int = 0,
    held_ms: int = 0,
    made: int = 0,
    engine_ms: int = 0,
) -> None:
    key = {"of_scope": scope, "of_kind": kind, "of_period": period}
    more = {"more_held": held, "more_held_ms": held_ms, "more_made": made, "more_ms": engine_ms}
    if connection.execute(COUNT, {**key, **more}).rowcount:
        return
    row = {"held_pictures": held, "held_ms": held_ms, "pictures": made, "engine_ms": engine_ms}
    connection.execute(sa.insert(usage), {"scope": scope, "kind": kind, "period": period, **row})
    connection.execute(TRIM, {"of_scope": scope, "of_kind": kind, "kept": KEPT[kind] - 1})


def _store(
    connection: Connection, scope: str, *, made: int = 0, made_bytes: int = 0, held: int = 0, jobs: int = 0
) -> None:
    more = {"of_scope": scope, "more": made, "more_bytes": made_bytes, "more_held": held, "more_open": jobs}
    if not connection.execute(STORE, more).rowcount:
        row = {"scope": scope, "pictures": made, "bytes": made_bytes, "held_bytes": held, "open_jobs": jobs}
        connection.execute(sa.insert(stored), row)
