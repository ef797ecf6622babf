"""Every change of a job's state but its claim goes through here: fenced, counted, told, and delivered when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage import deliveries, subscriptions
from storage.queue import history, tally, turns
from storage.queue.job import TERMINAL
from storage.quotas import counting
from storage.schema import jobs

_AGAIN = {"failed": "postponed", "released": "released", "accused": "accused"}
"""The event of an attempt that ended without ending the job."""

_HELD = (jobs.c.groups, jobs.c.quota_day, jobs.c.held_pictures, jobs.c.held_ms, jobs.c.held_bytes)
_MOVED = (jobs.c.lane, jobs.c.owner, jobs.c.charged, jobs.c.weight, jobs.c.deliver, jobs.c.origin_source, *_HELD)


def fence(attempt: int) -> sa.ColumnElement[bool]:
    """Holds while this attempt is under way: late words of an earlier one, or the same word twice, change nothing."""
    return sa.and_(jobs.c.state == "running", jobs.c.attempt == attempt)


def running(connection: Connection, job: str, attempt: int) -> sa.Row[Any] | None:
    """The row of a job while this attempt of it is under way; None when somebody else owns it by now."""
    return connection.execute(sa.select(jobs).where(jobs.c.id == job, fence(attempt))).first()


def leave_running(
    connection: Connection,
    job: str,
    attempt: int,
    to: str,
    *,
    now: int,
    outcome: str,
    reason: str | None = None,
    values: Mapping[str, Any] = MappingProxyType({}),
    engine_seconds: float = 0.0,
    sizes: Sequence[int] = (),
) -> sa.Row[Any] | None:
    """End an attempt with the job in state ``to``; None, with nothing written, when the fence does not hold.

    ``engine_seconds`` is what the attempt took of an engine, ``sizes`` are the bytes of the pictures it made.
    """
    taken = {"engine_seconds": jobs.c.engine_seconds + engine_seconds} if engine_seconds > 0 else {}
    values = {"lease_until": None, **taken, **values}
    moved = _move(connection, job, fence(attempt), "running", to, now, values, engine_seconds)
    if moved is not None:
        history.end_attempt(connection, job, now, outcome, reason)
        counting.settle(
            *(connection, moved),
            ended=to in TERMINAL,
            engine_ms=max(0, round(engine_seconds * 1000)),
            made=len(sizes),
            made_bytes=sum(sizes),
        )
        what = to if to in TERMINAL else _AGAIN[outcome]
        history.record(connection, job, now, what, attempt=attempt, reason=reason, **_until(values))
    return moved


def leave(
    connection: Connection,
    job: str,
    left: str,
    to: str,
    *,
    now: int,
    what: str,
    values: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Move a job that nobody works on; False when it is not in the state ``left`` (any more)."""
    moved = _move(connection, job, jobs.c.state == left, left, to, now, values)
    if moved is not None:
        history.record(connection, job, now, what)
        if left not in TERMINAL:
            counting.settle(connection, moved, ended=to in TERMINAL, engine_ms=0)
    return moved is not None


def _move(
    connection: Connection,
    job: str,
    condition: sa.ColumnElement[bool],
    left: str,
    to: str,
    now: int,
    values: Mapping[str, Any],
    engine_seconds: float = 0.0,
) -> sa.Row[Any] | None:
    ends = {"finished_at": now if to in TERMINAL else None, "not_before": None}
    change = sa.update(jobs).where(jobs.c.id == job, condition).values(state=to, **{**ends, **values})
    moved = connection.execute(change.returning(*_MOVED)).first()
    if moved is None:
        return None
    tally.moved(connection, left, to)
    if left == "running":
        turns.correct(connection, moved.lane, moved.owner, (engine_seconds - (moved.charged or 0.0)) / moved.weight)
    if left == "queued":
        turns.rest(connection, moved.lane, moved.owner)
    if to in TERMINAL:
        _deliver(connection, job, to, moved, now)
    if to == "queued" and values.get("not_before") is None:
        turns.activate(connection, moved.lane, moved.owner)
    return moved


def _deliver(connection: Connection, job: str, end: str, moved: sa.Row[Any], now: int) -> None:
    if moved.deliver:
        deliveries.add(connection, job, moved.origin_source, [""], now)
    wanted = subscriptions.matching(connection, end, moved.owner, moved.origin_source)
    for source, targets in wanted.items():
        deliveries.add(connection, job, source, targets, now)


def _until(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"not_before": values["not_before"]} if values.get("not_before") is not None else {}
