"""Puts jobs back as if they had never been claimed: nothing went wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Connection

from storage.queue import transition

UNMEASURED: Mapping[str, float] = MappingProxyType({})


def release(
    connection: Connection,
    names: Sequence[tuple[str, int]],
    *,
    now: int,
    engine_seconds: Mapping[str, float] = UNMEASURED,
) -> int:
    """Queue these ``(job, attempt)`` again with the attempt given back; returns how many were still owned.

    One that its owner wants cancelled is cancelled. Who releases must have let go of the job for good: the number of
    the attempt is given out again. ``engine_seconds`` is what each job took of an engine, by its id.
    """
    return sum(_release(connection, job, attempt, now, engine_seconds.get(job, 0.0)) for job, attempt in names)


def _release(connection: Connection, job: str, attempt: int, now: int, seconds: float) -> bool:
    row = transition.running(connection, job, attempt)
    if row is None:
        return False
    if row.cancel_requested:
        transition.leave_running(
            connection, job, attempt, "cancelled", now=now, outcome="cancelled", engine_seconds=seconds
        )
    else:
        transition.leave_running(
            *(connection, job, attempt, "queued"),
            now=now,
            outcome="released",
            values={"attempt": attempt - 1},
            engine_seconds=seconds,
        )
    return True
