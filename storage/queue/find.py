"""Reads jobs and pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import NotFoundError
from config.ids import LENGTH
from storage.queue.job import Job, Picture
from storage.queue.rows import JOBS, job_of, picture_of
from storage.schema import jobs, pictures

MIN_PREFIX = 6
CHUNK = 500
"""Ids of one statement: databases bound the number of parameters."""


def get(connection: Connection, job: str) -> Job:
    """By id, or a unique beginning of at least six characters; :class:`NotFoundError` otherwise."""
    return _jobs_of(connection, [_resolved(connection, jobs, "job", job)])[0]


def get_picture(connection: Connection, picture: str) -> Picture:
    """By id, or a unique beginning of at least six characters; :class:`NotFoundError` otherwise."""
    found = _resolved(connection, pictures, "picture", picture)
    return picture_of(connection.execute(sa.select(pictures).where(pictures.c.id == found)).one())


def find(
    connection: Connection,
    ids: Sequence[str] | None = None,
    state: str | None = None,
    owner: str | None = None,
    order_id: str | None = None,
    limit: int | None = None,
    before: str | None = None,
) -> list[Job]:
    """Jobs that match all that is given, newest first. Each of ``ids`` must exist (:class:`NotFoundError`).

    ``before`` is a whole id: only jobs that came before that one, so that a long list can be read in pages.
    """
    wanted = sa.select(jobs.c.id)
    if before is not None:
        wanted = wanted.where(jobs.c.seq < sa.select(jobs.c.seq).where(jobs.c.id == before).scalar_subquery())
    for column, value in ((jobs.c.state, state), (jobs.c.owner, owner), (jobs.c.order_id, order_id)):
        if value is not None:
            wanted = wanted.where(column == value)
    if ids is None:
        found = connection.execute(wanted.order_by(jobs.c.seq.desc()).limit(limit)).scalars().all()
        return _jobs_of(connection, found)
    exact = sorted({_resolved(connection, jobs, "job", each) for each in ids})
    matching: list[sa.Row[Any]] = []
    for chunk in _chunks(exact):
        matching += connection.execute(wanted.add_columns(jobs.c.seq).where(jobs.c.id.in_(chunk)))
    matching.sort(key=lambda row: -row.seq)
    return _jobs_of(connection, [row.id for row in matching[:limit]])


def _jobs_of(connection: Connection, ids: Sequence[str]) -> list[Job]:
    """In this order, each with its pictures."""
    found: dict[str, Job] = {}
    for chunk in _chunks(ids):
        made: dict[str, list[Picture]] = defaultdict(list)
        for row in connection.execute(
            sa.select(pictures).where(pictures.c.job_id.in_(chunk)).order_by(pictures.c.job_id, pictures.c.number)
        ):
            made[row.job_id].append(picture_of(row))
        for row in connection.execute(JOBS.where(jobs.c.id.in_(chunk))):
            found[row.id] = job_of(row, made[row.id])
    return [found[each] for each in ids]


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


def _resolved(connection: Connection, table: sa.Table, noun: str, name: str) -> str:
    name = name.lower()
    if len(name) == LENGTH:
        matching = sa.select(table.c.id).where(table.c.id == name)
    elif MIN_PREFIX <= len(name) < LENGTH:
        # "~" sorts after every character of an id.
        matching = sa.select(table.c.id).where(table.c.id >= name, table.c.id < f"{name}~").limit(2)
    else:
        raise NotFoundError(
            f"there is no {noun} {name!r}", hint=f"give an id, or at least its first {MIN_PREFIX} signs"
        )
    found = connection.execute(matching).scalars().all()
    if len(found) > 1:
        raise NotFoundError(f"more than one {noun} begins with {name}", hint="give more of the id")
    if not found:
        raise NotFoundError(f"there is no {noun} {name}")
    return str(found[0])
