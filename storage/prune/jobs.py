"""Takes ended jobs out of the database, some at a time, the newest first.

The newest first, because a job is younger than what it descends from: a family that may go as a whole goes in one pass.
What stays, whatever the rule says: a job that has not ended, whose end is still to be delivered, from which a job
descends that stays, or whose order file is not over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import ConflictError, NotFoundError
from config.failpoints import reach
from storage import favourites, memory, posts, prompts
from storage.prune.rule import Gone, Rule, Which
from storage.queue import tally
from storage.queue.job import TERMINAL
from storage.quotas import counting
from storage.schema import attempts, deliveries, events, jobs, line_errors, lineage, orders, pictures, removals
from storage.schema.deliveries import is_waiting
from storage.schema.orders import is_open as order_is_open

AT_ONCE = 200
"""Jobs of one transaction: some 20 ms of the writer."""
IN_PLACE = "."
"""``claimed_path`` of a file that can't be moved: its row is all that says that it was handled."""

_ROWS: sa.Select[Any] = sa.select(jobs.c.id, jobs.c.state, jobs.c.order_id, jobs.c.queued_at)


@dataclass(frozen=True, slots=True)
class Found:
    """Jobs that may go, by their ``seq``, the newest first. ``after`` is where to go on; None when there is no more."""

    seqs: tuple[int, ...]
    after: int | None


def beginning(connection: Connection, rule: Rule) -> int:
    """The first ``after``: jobs accepted later than now, and the newest that are kept, are out of it."""
    begin = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(jobs.c.seq), 0))).scalar_one()) + 1
    newest = sa.select(jobs.c.seq).where(_matches(rule)).order_by(jobs.c.seq.desc())
    if rule.keep > 0:
        begin = int(connection.execute(newest.offset(rule.keep - 1).limit(1)).scalar() or 0)
    if rule.keep_bytes is not None:
        begin = min(begin, _behind_bytes(connection, newest, rule.keep_bytes))
    return begin


def _behind_bytes(connection: Connection, newest: sa.Select[tuple[int]], most: int) -> int:
    """The ``seq`` of the oldest job up to which the pictures of the newest take no more than that."""
    size = sa.select(sa.func.coalesce(sa.func.sum(pictures.c.bytes), 0)).where(pictures.c.job_id == jobs.c.id)
    taken, last = 0, None
    rows = connection.execute(newest.add_columns(size.scalar_subquery()))
    for seq, length in rows:
        taken += length
        if taken > most:
            rows.close()
            return int(seq) + 1 if last is None else last
        last = int(seq)
    return 0


def find(connection: Connection, rule: Rule, after: int, limit: int = AT_ONCE) -> Found:
    """The next that may go. For a reader: with a million jobs between two of them this takes a while."""
    wanted = sa.select(jobs.c.seq).where(*_may_go(rule), jobs.c.seq < after).order_by(jobs.c.seq.desc()).limit(limit)
    seqs = tuple(connection.execute(wanted).scalars())
    return Found(seqs, seqs[-1] if len(seqs) == limit else None)


def remove(connection: Connection, rule: Rule, seqs: Sequence[int]) -> Gone:
    """Take those of them out that may still go, and note their files."""
    rows = _rows(connection, rule, seqs)
    going = _without_descendants(connection, {row.id: row for row in rows}, frozenset())
    gone = _delete(connection, list(going.values())) if going else Gone()
    reach("prune.before_commit")
    return gone


def remove_one(connection: Connection, job: str) -> Gone:
    """Take out one job that has ended, because somebody wants it gone: what was made from it stays, and what was still
    to be delivered is not.

    Raises :class:`NotFoundError`, and :class:`ConflictError` while it, or the order file that it is of, is not over.
    """
    row = connection.execute(_ROWS.where(jobs.c.id == job)).first()
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    if row.state not in TERMINAL:
        raise ConflictError(f"job {job} is {row.state}", hint="cancel it first")
    if connection.execute(sa.select(orders.c.id).where(orders.c.id == row.order_id, order_is_open)).first():
        raise ConflictError(f"the order file of job {job} is still being carried out", hint="remove it afterwards")
    made = sa.select(pictures.c.id).where(pictures.c.job_id == job)
    connection.execute(sa.delete(lineage).where((lineage.c.parent_job == job) | lineage.c.parent_picture.in_(made)))
    gone = _delete(connection, [row])
    reach("prune.before_commit")
    return gone


def preview(connection: Connection, rule: Rule, seqs: Sequence[int], gone: set[str]) -> Gone:
    """What :func:`remove` would do, ``gone`` being the jobs that it would have removed before (added to here)."""
    rows = _rows(connection, rule, seqs)
    going = _without_descendants(connection, {row.id: row for row in rows}, gone)
    gone.update(going)
    return _counted(connection, list(going.values())) if going else Gone()


def orders_that_go(connection: Connection, gone: set[str]) -> int:
    """Orders that would go with these jobs."""
    found: dict[str, int] = {}
    for chunk in _chunks(sorted(gone)):
        for row in connection.execute(
            sa.select(jobs.c.order_id, sa.func.count().label("jobs"))
            .where(jobs.c.id.in_(chunk), jobs.c.order_id.is_not(None))
            .group_by(jobs.c.order_id)
        ):
            found[row.order_id] = found.get(row.order_id, 0) + row.jobs
    going = 0
    for chunk in _chunks(sorted(found)):
        for row in connection.execute(
            sa.select(orders.c.id, sa.func.count().label("jobs"))
            .join(jobs, jobs.c.order_id == orders.c.id)
            .where(orders.c.id.in_(chunk), _is_forgettable)
            .group_by(orders.c.id)
        ):
            going += row.jobs == found[row.id]
    return going


_is_forgettable = sa.and_(
    ~order_is_open,
    sa.func.coalesce(orders.c.claimed_path, "") != IN_PLACE,
    (orders.c.remembered == 0) | orders.c.fingerprint.is_(None),
)


def _matches(rule: Rule) -> sa.ColumnElement[bool]:
    """Those of which this rule tells, whatever it keeps of them."""
    return sa.and_(_of(rule), *(sa.not_(_of(each)) for each in rule.but))


def _of(which: Which) -> sa.ColumnElement[bool]:
    states = sorted(TERMINAL & set(which.states))
    # One state: its index is in order. Of several SQLite would sort what it finds there, at every step: made something
    # that no index knows, it walks the jobs in order instead.
    wanted = jobs.c.state == states[0] if len(states) == 1 else jobs.c.state.concat("").in_(states)
    if which.owner is not None:
        wanted &= _owned(which.owner)
    return wanted if which.origin is None else wanted & (jobs.c.origin_source == which.origin)


def _owned(owner: str) -> sa.ColumnElement[bool]:
    if not owner.endswith("*"):
        return jobs.c.owner == owner
    # The owners that begin so are no range of an index in order of the jobs: no index is to be used for them.
    return sa.func.substr(jobs.c.owner, 1, len(owner) - 1) == owner[:-1]


def _may_go(rule: Rule) -> list[sa.ColumnElement[bool]]:
    may_go = [
        _matches(rule),
        ~sa.exists().where(deliveries.c.job_id == jobs.c.id, is_waiting),
        ~sa.exists().where(orders.c.id == jobs.c.order_id, order_is_open),
    ]
    if rule.ended_before is not None:
        may_go.append(jobs.c.finished_at < rule.ended_before)
    return may_go


def _rows(connection: Connection, rule: Rule, seqs: Sequence[int]) -> Sequence[sa.Row[Any]]:
    return connection.execute(_ROWS.where(jobs.c.seq.in_(seqs), *_may_go(rule))).all()


def _without_descendants(
    connection: Connection, rows: dict[str, sa.Row[Any]], gone: set[str] | frozenset[str]
) -> dict[str, sa.Row[Any]]:
    """Those from which nobody descends who stays."""
    parent = sa.func.coalesce(lineage.c.parent_job, pictures.c.job_id)
    found = connection.execute(
        sa.select(lineage.c.child_job, parent.label("parent"))
        .select_from(lineage.outerjoin(pictures, pictures.c.id == lineage.c.parent_picture))
        .where(
            lineage.c.parent_job.in_(rows)
            | lineage.c.parent_picture.in_(sa.select(pictures.c.id).where(pictures.c.job_id.in_(rows)))
        )
    ).all()
    staying = dict(rows)
    while needed := {
        each.parent for each in found if each.parent in staying and each.child_job not in staying.keys() | gone
    }:
        staying = {name: row for name, row in staying.items() if name not in needed}
    return staying


def _counted(connection: Connection, rows: Sequence[sa.Row[Any]]) -> Gone:
    made = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(pictures.c.bytes), 0)).where(
            pictures.c.job_id.in_([row.id for row in rows])
        )
    ).one()
    moments = [row.queued_at for row in rows]
    return Gone(jobs=len(rows), pictures=made[0], bytes=made[1], oldest=min(moments), newest=max(moments))


def _delete(connection: Connection, rows: Sequence[sa.Row[Any]]) -> Gone:
    gone = _counted(connection, rows)
    names = [row.id for row in rows]
    counting.pruned(connection, names)
    of_jobs = sa.select(pictures.c.path).where(pictures.c.job_id.in_(names))
    connection.execute(sa.insert(removals).from_select(["path"], of_jobs))
    connection.execute(sa.delete(lineage).where(lineage.c.child_job.in_(names)))
    favourites.remove_of_jobs(connection, names)
    memory.remove_of_jobs(connection, names)
    posts.remove_of_jobs(connection, names)
    prompts.remove_of_jobs(connection, names)
    for table in (pictures, attempts, events, deliveries):
        connection.execute(sa.delete(table).where(table.c.job_id.in_(names)))
    connection.execute(sa.delete(jobs).where(jobs.c.id.in_(names)))
    states = [row.state for row in rows]
    for state in sorted(set(states)):
        tally.removed(connection, state, states.count(state))
    gone.orders = _delete_orders(connection, sorted({row.order_id for row in rows if row.order_id is not None}))
    return gone


def _delete_orders(connection: Connection, names: Sequence[str]) -> int:
    """Those of these that nobody needs any more."""
    empty = (orders.c.id.in_(names), _is_forgettable, ~sa.exists().where(jobs.c.order_id == orders.c.id))
    going = connection.execute(sa.select(orders.c.id).where(*empty)).scalars().all()
    if going:
        connection.execute(sa.delete(line_errors).where(line_errors.c.order_id.in_(going)))
        connection.execute(sa.delete(orders).where(orders.c.id.in_(going)))
    return len(going)


def _chunks(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
