"""What is remembered of how long pictures take: sums that forget, from which :mod:`daemon.fairness` fits lines.

A new job counts once, all earlier ones a little less each time. Of sizes and models that were not drawn for longest
nothing is kept beyond :data:`MOST`: who asks for every size there is fills no disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import loads, speeds

MOST = 1_000
"""Sizes, and models, of which something is kept."""
KEEP_OF_LOADS = 0.7
"""What the earlier loads of a model count at each new one."""

_PLACE = ("model", "width", "height", "kind")
_SUMS = (
    "n",
    "steps",
    "steps_squared",
    "engine",
    "engine_steps",
    "drawing",
    "drawing_steps",
    "together",
    "together_squared",
    "forward",
    "forward_together",
)
_HERE = (
    (speeds.c.model == sa.bindparam("of_model"))
    & (speeds.c.width == sa.bindparam("of_width"))
    & (speeds.c.height == sa.bindparam("of_height"))
    & (speeds.c.kind == sa.bindparam("of_kind"))
)
ADD = (
    sa.update(speeds)
    .where(_HERE)
    .values(
        learned_at=sa.bindparam("now"),
        **{name: speeds.c[name] * sa.bindparam("keep") + sa.bindparam(f"more_{name}") for name in _SUMS},
    )
    .returning(*(speeds.c[name] for name in _PLACE + _SUMS))
)
ADD_LOAD = (
    sa.update(loads)
    .where(loads.c.model == sa.bindparam("of_model"))
    .values(
        learned_at=sa.bindparam("now"),
        n=loads.c.n * KEEP_OF_LOADS + 1,
        seconds=loads.c.seconds * KEEP_OF_LOADS + sa.bindparam("more_seconds"),
    )
    .returning(loads.c.seconds / loads.c.n)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What one job that went well taught, for each of its pictures."""

    model: str
    width: int
    height: int
    kind: str
    """``text`` or ``image``: what it was drawn from."""
    steps: float
    engine_seconds: float
    drawing_seconds: float
    together: float
    """How many pictures shared its forwards, on the average."""
    forward_seconds: float
    """What the forwards of one step took, of all who shared them."""
    keep: float
    """What all earlier jobs of this kind and size count from now on, of 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The sums of one model, size and kind; see :data:`storage.schema.speeds.speeds`."""

    model: str
    width: int
    height: int
    kind: str
    n: float
    steps: float
    steps_squared: float
    engine: float
    engine_steps: float
    drawing: float
    drawing_steps: float
    together: float
    together_squared: float
    forward: float
    forward_together: float


@dataclass(frozen=True, slots=True)
class Learned:
    """All that is remembered."""

    speeds: tuple[Speed, ...] = ()
    loads: Mapping[str, float] = field(default_factory=dict)
    """Seconds that the loading of each model takes."""


def learn(connection: Connection, lesson: Lesson, *, now: int) -> Speed:
    """Remember a job, in the transaction that ends it; returns what is known of its like now."""
    more = _more(lesson)
    place = {name: getattr(lesson, name) for name in _PLACE}
    given = {f"of_{name}": value for name, value in place.items()}
    given |= {f"more_{name}": value for name, value in more.items()}
    known = connection.execute(ADD, {**given, "keep": lesson.keep, "now": now}).first()
    if known is not None:
        return Speed(**known._mapping)
    _make_room(connection, speeds)
    sums: dict[str, Any] = {**place, **more}
    connection.execute(sa.insert(speeds), {**sums, "learned_at": now})
    return Speed(**sums)


def learn_load(connection: Connection, model: str, seconds: float, *, now: int) -> float:
    """Remember how long the loading of a model took; returns what is known of it now."""
    given = {"of_model": model, "more_seconds": seconds, "now": now}
    known = connection.execute(ADD_LOAD, given).scalar()
    if known is not None:
        return float(known)
    _make_room(connection, loads)
    connection.execute(sa.insert(loads), {"model": model, "n": 1.0, "seconds": seconds, "learned_at": now})
    return seconds


def read(connection: Connection) -> Learned:
    """Everything; some milliseconds at the most that is kept."""
    columns = [speeds.c[name] for name in _PLACE + _SUMS]
    rows = connection.execute(sa.select(*columns).order_by(speeds.c.learned_at))
    found = tuple(Speed(**row._mapping) for row in rows)
    times = connection.execute(sa.select(loads.c.model, (loads.c.seconds / loads.c.n).label("mean")))
    return Learned(found, {row.model: row.mean for row in times})


def _more(lesson: Lesson) -> dict[str, float]:
    steps, together = lesson.steps, lesson.together
    return {
        "n": 1.0,
        "steps": steps,
        "steps_squared": steps * steps,
        "engine": lesson.engine_seconds,
        "engine_steps": lesson.engine_seconds * steps,
        "drawing": lesson.drawing_seconds,
        "drawing_steps": lesson.drawing_seconds * steps,
        "together": together,
        "together_squared": together * together,
        "forward": lesson.forward_seconds,
        "forward_together": lesson.forward_seconds * together,
    }


def _make_room(connection: Connection, table: sa.Table) -> None:
    there = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if there < MOST:
        return
    keys: tuple[sa.Column[Any], ...] = tuple(table.primary_key)
    oldest = sa.select(*keys).order_by(table.c.learned_at).limit(there - MOST + 1)
    connection.execute(sa.delete(table).where(sa.tuple_(*keys).in_(oldest)))
