"""What is remembered of how long pictures take: sums that forget, from which :mod:`daemon.fairness` fits lines.

A new job counts once, all earlier ones a little less each time. Of sizes and models that were not drawn for longest
nothing is kept beyond :data:`MOST`: who asks for every size there is fills no disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import loads, speeds

MOST = 1_000
"""Sizes, and models, of which something is kept."""
KEEP_OF_LOADS = 0.7
"""What the earlier loads of a model count at each new one."""

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
)
ADD_LOAD = (
    sa.update(loads)
    .where(loads.c.model == sa.bindparam("of_model"))
    .values(
        learned_at=sa.bindparam("now"),
        n=loads.c.n * KEEP_OF_LOADS + 1,
        seconds=loads.c.seconds * KEEP_OF_LOADS + sa.bindparam("more_seconds"),
    )
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
    loads: Mapping[str, float] | None = None
    """Seconds that the loading of each model takes."""


def learn(connection: Connection, lesson: Lesson, *, now: int) -> None:
    """Remember a job; to be called in the transaction that ends it, once that is known to count."""
    more = _more(lesson)
    place = {"model": lesson.model, "width": lesson.width, "height": lesson.height, "kind": lesson.kind}
    given = {f"of_{name}": value for name, value in place.items()}
    given |= {f"more_{name}": value for name, value in more.items()}
    if not connection.execute(ADD, {**given, "keep": lesson.keep, "now": now}).rowcount:
        _make_room(connection, speeds)
        connection.execute(sa.insert(speeds), {**place, **more, "learned_at": now})


def learn_load(connection: Connection, model: str, seconds: float, *, now: int) -> None:
    """Remember how long the loading of a model took."""
    given = {"of_model": model, "more_seconds": seconds, "now": now}
    if not connection.execute(ADD_LOAD, given).rowcount:
        _make_room(connection, loads)
        connection.execute(sa.insert(loads), {"model": model, "n": 1.0, "seconds": seconds, "learned_at": now})


def read(connection: Connection) -> Learned:
    """Everything; some milliseconds at the most that is kept."""
    columns = [speeds.c[name] for name in Speed.__dataclass_fields__]
    rows = connection.execute(sa.select(*columns).order_by(speeds.c.learned_at))
    found = tuple(Speed(**row._mapping) for row in rows)
    times = connection.execute(sa.select(loads.c.model, loads.c.seconds / loads.c.n))
    return Learned(found, dict(times.tuples().all()))


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
