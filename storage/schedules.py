"""Recurring orders: what each says, and how far its due times have been decided.

The decision about due times is recorded (see :mod:`storage.occurrences`) in the transaction that moves
``last_due_at`` on, fenced by ``version`` and the old ``last_due_at``: whoever decides twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import ConflictError, NotFoundError
from storage.schema import occurrences, schedules
from storage.schema.schedules import is_armed

_NEXT = sa.select(sa.func.min(schedules.c.next_at)).where(is_armed)
DUE = (
    sa.select(schedules)
    .where(is_armed, schedules.c.next_at <= sa.bindparam("now"))
    .order_by(schedules.c.next_at)
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a schedule says. Everything has been checked."""

    name: str
    owner: str
    kind: str
    """``cron``, ``every``, ``calendar`` or ``at``."""
    expression: str
    time_zone: str
    gap: str
    overlap: str
    catch_up: str
    jitter_ms: int
    starts_at: int | None
    ends_at: int | None
    max_runs: int | None
    max_in_flight: int
    quiet_hours: str | None
    template: Mapping[str, Any]
    target: Mapping[str, Any]
    image: str | None
    """sha256 of the input picture that the template names."""


@dataclass(frozen=True, slots=True)
class Next:
    """The next due time, and when it is carried out: the same plus its jitter."""

    due_at: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule as it was when it was read. Moments are UTC epoch milliseconds."""

    id: str
    definition: Definition
    from_file: bool
    anchor_at: int
    created_at: int
    version: int
    paused_at: int | None
    paused_why: str | None
    disabled: bool
    last_due_at: int
    next: Next | None
    runs: int
    failures: int
    """Failures in a row."""


def add(
    connection: Connection, schedule: str, definition: Definition, following: Next | None, now: int, *, from_file: bool
) -> Schedule:
    """A new one, which counts from ``now``; :class:`ConflictError` when the name is taken."""
    if _row(connection, definition.name) is not None:
        raise ConflictError(f"there is a schedule {definition.name!r} already", field="name", hint="remove that first")
    state = {"from_file": int(from_file), "version": 1, "disabled": 0, "runs": 0, "failures": 0}
    connection.execute(
        sa.insert(schedules),
        {"id": schedule, "created_at": now, **state, **_columns(definition), **_from_now(following, now)},
    )
    return get(connection, definition.name)


def get(connection: Connection, name: str) -> Schedule:
    """By its name; :class:`NotFoundError`."""
    row = _row(connection, name)
    if row is None:
        raise NotFoundError(f"there is no schedule {name[:80]!r}", field="name", hint="see: mezzotint schedule list")
    return _schedule(row)


def find(connection: Connection, schedule: str) -> Schedule | None:
    """By its id."""
    row = connection.execute(sa.select(schedules).where(schedules.c.id == schedule)).first()
    return None if row is None else _schedule(row)


def every(connection: Connection) -> list[Schedule]:
    """All of them, by name."""
    return [_schedule(row) for row in connection.execute(sa.select(schedules).order_by(schedules.c.name))]


def counts(connection: Connection) -> tuple[int, int]:
    """``(all, armed)``: an armed one will be due."""
    whole = connection.execute(sa.select(sa.func.count()).select_from(schedules)).scalar_one()
    return whole, connection.execute(sa.select(sa.func.count()).select_from(schedules).where(is_armed)).scalar_one()


def due(connection: Connection, now: int, most: int) -> list[Schedule]:
    """Those that are due by now, longest due first."""
    return [_schedule(row) for row in connection.execute(DUE, {"now": now, "most": most})]


def next_at(connection: Connection) -> int | None:
    """When the next one is due (or has been since); None when none is."""
    moment = connection.execute(_NEXT).scalar()
    return None if moment is None else int(moment)


def redefine(
    connection: Connection, schedule: str, definition: Definition, following: Next | None, now: int, *, from_file: bool
) -> None:
    """It says something else from now on. What was due until now stays as it was decided."""
    values = {**_columns(definition), **_from_now(following, now), "from_file": int(from_file)}
    _update(connection, schedule, version=schedules.c.version + 1, disabled=0, failures=0, **values)


def advance(connection: Connection, known: Schedule, last_due_at: int, following: Next | None, runs: int) -> bool:
    """The due times up to ``last_due_at`` are decided. False, with nothing changed, when it is not as it was known."""
    values = {"last_due_at": last_due_at, "runs": schedules.c.runs + runs, **_following(following)}
    done = connection.execute(
        sa.update(schedules)
        .where(
            schedules.c.id == known.id,
            schedules.c.version == known.version,
            schedules.c.last_due_at == known.last_due_at,
        )
        .values(**values)
    )
    return done.rowcount == 1


def pause(connection: Connection, schedule: str, why: str | None, now: int) -> None:
    """Nothing is due until it is resumed; one that is paused already stays as it was paused."""
    connection.execute(
        sa.update(schedules)
        .where(schedules.c.id == schedule, schedules.c.paused_at.is_(None))
        .values(paused_at=now, paused_why=why, version=schedules.c.version + 1)
    )


def resume(connection: Connection, schedule: str) -> None:
    """What was due meanwhile is still to be decided."""
    _update(connection, schedule, paused_at=None, paused_why=None, failures=0, version=schedules.c.version + 1)


def disable(connection: Connection, schedule: str) -> None:
    """The configuration file does not hold it any more; what it did stays to be seen."""
    _update(connection, schedule, disabled=1, version=schedules.c.version + 1)


def count_ending(connection: Connection, schedule: str, *, failed: bool) -> int:
    """A run ended; how many failed in a row by now."""
    failures = schedules.c.failures + 1 if failed else sa.literal(0)
    connection.execute(sa.update(schedules).where(schedules.c.id == schedule).values(failures=failures))
    return int(connection.execute(sa.select(schedules.c.failures).where(schedules.c.id == schedule)).scalar() or 0)


def count_run(connection: Connection, schedule: str) -> int:
    """One more run that was asked for; its number."""
    _update(connection, schedule, runs=schedules.c.runs + 1)
    return int(connection.execute(sa.select(schedules.c.runs).where(schedules.c.id == schedule)).scalar_one())


def remove(connection: Connection, schedule: str) -> None:
    """Take it out with all that is known of its due times. Its jobs stay."""
    connection.execute(sa.delete(occurrences).where(occurrences.c.schedule_id == schedule))
    connection.execute(sa.delete(schedules).where(schedules.c.id == schedule))


def _row(connection: Connection, name: str) -> sa.Row[Any] | None:
    return connection.execute(sa.select(schedules).where(schedules.c.name == name)).first()


def _update(connection: Connection, schedule: str, **values: Any) -> None:
    if connection.execute(sa.update(schedules).where(schedules.c.id == schedule).values(**values)).rowcount == 0:
        raise NotFoundError(f"there is no schedule {schedule} any more")


def _columns(definition: Definition) -> dict[str, Any]:
    texts = {name: json.dumps(getattr(definition, name), sort_keys=True) for name in ("template", "target")}
    return {**asdict(definition), **texts}


def _from_now(following: Next | None, now: int) -> dict[str, int | None]:
    return {"anchor_at": now, "last_due_at": now, **_following(following)}


def _following(following: Next | None) -> dict[str, int | None]:
    if following is None:
        return {"next_due_at": None, "next_at": None}
    return {"next_due_at": following.due_at, "next_at": following.at}


_DEFINED = tuple(name for name in Definition.__slots__ if name not in ("template", "target"))


def _schedule(row: sa.Row[Any]) -> Schedule:
    return Schedule(
        id=row.id,
        definition=Definition(
            **{name: getattr(row, name) for name in _DEFINED},
            template=json.loads(row.template),
            target=json.loads(row.target),
        ),
        from_file=bool(row.from_file),
        anchor_at=row.anchor_at,
        created_at=row.created_at,
        version=row.version,
        paused_at=row.paused_at,
        paused_why=row.paused_why,
        disabled=bool(row.disabled),
        last_due_at=row.last_due_at,
        next=None if row.next_at is None else Next(row.next_due_at, row.next_at),
        runs=row.runs,
        failures=row.failures,
    )
