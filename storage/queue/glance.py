"""A glance at what is under way, for people: figures by lane, what runs, and what has waited longest.

The figures walk the index of the queued jobs (measured: 7 ms for 50,000), which nothing that is drawn may wait for:
whoever asks bounds how often (see :mod:`daemon.service.lanes`).
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.queue.find import find
from storage.queue.job import LANES, Job
from storage.schema import jobs
from storage.schema.columns import literal
from storage.schema.jobs import is_ready

_FIGURES = (jobs.c.lane, sa.func.count().label("jobs"), sa.func.min(jobs.c.seq).label("oldest"))
# One lane at a time, or SQLite would walk the index of all queued jobs and look up each (measured: 20 times as long).
READY = sa.select(*_FIGURES[1:]).where(jobs.c.lane == sa.bindparam("in_lane"), is_ready)
RESTING = sa.select(*_FIGURES).where(jobs.c.not_before.is_not(None)).group_by(jobs.c.lane)
RUNNING = sa.select(*_FIGURES).where(jobs.c.state == literal("running")).group_by(jobs.c.lane)
LONGEST_WAITING = (
    sa.select(jobs.c.id).where(jobs.c.state == literal("queued")).order_by(jobs.c.seq).limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class LaneGlance:
    """Jobs of a lane. ``oldest_at`` is when the one that has waited longest was accepted (UTC epoch milliseconds)."""

    lane: str
    queued: int
    running: int
    oldest_at: int | None


def lanes(connection: Connection) -> list[LaneGlance]:
    """Every lane, the most urgent first."""
    queued, running = [0] * len(LANES), [0] * len(LANES)
    oldest: list[int | None] = [None] * len(LANES)
    for lane in range(len(LANES)):
        row = connection.execute(READY, {"in_lane": lane}).one()
        queued[lane], oldest[lane] = row.jobs, row.oldest
    for row in connection.execute(RESTING):
        queued[row.lane] += row.jobs
        known = oldest[row.lane]
        oldest[row.lane] = row.oldest if known is None else min(known, row.oldest)
    for row in connection.execute(RUNNING):
        running[row.lane] = row.jobs
    accepted = sa.select(jobs.c.seq, jobs.c.queued_at).where(jobs.c.seq.in_([each for each in oldest if each]))
    moments: dict[int, int] = {row.seq: row.queued_at for row in connection.execute(accepted)}
    return [
        LaneGlance(name, queued[lane], running[lane], moments.get(oldest[lane] or 0)) for lane, name in enumerate(LANES)
    ]


def under_way(connection: Connection, most: int) -> list[Job]:
    """The jobs that run, oldest first."""
    return find(connection, state="running", limit=most)[::-1]


def longest_waiting(connection: Connection, most: int) -> list[Job]:
    """The queued jobs that were accepted first. Which is next is for the fair order to say, job by job."""
    ids = connection.execute(LONGEST_WAITING, {"most": most}).scalars().all()
    return find(connection, ids=ids)[::-1] if ids else []
