"""Small values that are remembered of somebody or something, by scope and name.

What is remembered of a job goes with that job. The rest stays until it is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from config.errors import NotFoundError, UserError
from storage import values
from storage.schema import jobs, memory

MAX_ROWS = 500
"""Of one scope."""
MAX_VALUE = 16_000
"""Characters of a value as JSON."""

ONE = (memory.c.scope == sa.bindparam("of_scope"), memory.c.name == sa.bindparam("of_name"))
ALL = sa.select(memory).where(memory.c.scope == sa.bindparam("of_scope")).order_by(memory.c.name)
_NUMBER = sa.select(sa.func.count()).select_from(memory).where(memory.c.scope == sa.bindparam("of_scope"))


def get(connection: Connection, scope: str, name: str) -> Any | None:
    """The value; None when there is none."""
    text = _text(connection, scope, name)
    return None if text is None else json.loads(text)


def every(connection: Connection, scope: str) -> dict[str, Any]:
    """All of a scope, by name."""
    return {row.name: json.loads(row.value) for row in connection.execute(ALL, {"of_scope": scope})}


def put(connection: Connection, scope: str, name: str, value: Any, *, now: int, job: str | None = None) -> None:
    """Remember it in the place of what was there, and until this job goes, if one is named.

    Raises :class:`UserError` for what is too large or too much, :class:`NotFoundError` for a job that is not there.
    """
    changed = {"value": values.text_of(value, MAX_VALUE), "changed_at": now, "job_id": job}
    key = {"scope": values.named("scope", scope), "name": values.named("name", name)}
    if _text(connection, scope, name) is None and _number(connection, scope) >= MAX_ROWS:
        raise UserError(f"{scope} has {MAX_ROWS} remembered values already", hint="drop some of them first")
    if job is not None and connection.execute(sa.select(jobs.c.id).where(jobs.c.id == job)).first() is None:
        raise NotFoundError(f"there is no job {job}")
    connection.execute(
        insert(memory).values(**key, **changed).on_conflict_do_update(index_elements=["scope", "name"], set_=changed)
    )


def drop(connection: Connection, scope: str, name: str) -> None:
    """Forget it."""
    connection.execute(sa.delete(memory).where(*ONE), {"of_scope": scope, "of_name": name})


def remove_of_jobs(connection: Connection, names: Sequence[str]) -> None:
    """These jobs are about to go, and what is remembered of them goes before them."""
    connection.execute(sa.delete(memory).where(memory.c.job_id.in_(names)))


def _text(connection: Connection, scope: str, name: str) -> str | None:
    found = connection.execute(sa.select(memory.c.value).where(*ONE), {"of_scope": scope, "of_name": name}).scalar()
    return None if found is None else str(found)


def _number(connection: Connection, scope: str) -> int:
    return int(connection.execute(_NUMBER, {"of_scope": scope}).scalar_one())
