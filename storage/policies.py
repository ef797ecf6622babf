"""What the people of a place decided about it, and who decided it: every change is noted in its own transaction."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from config.errors import UserError
from storage import values
from storage.schema import audit, policies

SCOPE = re.compile(r"guild|(?:channel|role|user):[A-Za-z0-9_.-]{1,80}")
MAX_ROWS = 1_000
"""Of one guild."""
MAX_VALUE = 4_000
"""Characters of a value as JSON, and of what a note tells."""
KEPT = 5_000
"""Notes of one guild; the older ones go."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One decision. An empty ``guild`` means everywhere; ``scope`` is ``guild``, ``channel:``, ``role:`` or ``user:``
    with an id."""

    guild: str
    scope: str
    name: str
    value: Any
    set_by: str
    set_at: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, the later ones with the higher ids."""

    id: int
    at: int
    guild: str
    actor: str
    action: str
    detail: Mapping[str, Any]


ROWS = (
    sa.select(policies).where(policies.c.guild == sa.bindparam("of_guild")).order_by(policies.c.scope, policies.c.name)
)
_NUMBER = sa.select(sa.func.count()).select_from(policies).where(policies.c.guild == sa.bindparam("of_guild"))
_ONE = (
    policies.c.guild == sa.bindparam("of_guild"),
    policies.c.scope == sa.bindparam("of_scope"),
    policies.c.name == sa.bindparam("of_name"),
)
_LAST_KEPT = (
    sa.select(audit.c.id)
    .where(audit.c.guild == sa.bindparam("of_guild"))
    .order_by(audit.c.id.desc())
    .offset(KEPT - 1)
    .limit(1)
    .scalar_subquery()
)
TRIM = sa.delete(audit).where(audit.c.guild == sa.bindparam("of_guild"), audit.c.id < _LAST_KEPT)


def rows(connection: Connection, guild: str) -> list[PolicyRow]:
    """All of one guild, by scope and name."""
    return [
        PolicyRow(row.guild, row.scope, row.name, json.loads(row.value), row.set_by, row.set_at)
        for row in connection.execute(ROWS, {"of_guild": guild})
    ]


def put(connection: Connection, guild: str, scope: str, name: str, value: Any, by: str, *, now: int) -> None:
    """Decide something, or decide it otherwise. Raises :class:`UserError` for what can't be, or is too much."""
    text = values.text_of(value, MAX_VALUE)
    key = _key(guild, scope, name)
    before = connection.execute(sa.select(policies.c.value).where(*_ONE), key).scalar()
    if before is None and connection.execute(_NUMBER, {"of_guild": guild}).scalar_one() >= MAX_ROWS:
        raise UserError(f"there are {MAX_ROWS} policies already", hint="unset some that are not needed any more")
    changed = {"value": text, "set_by": _named("by", by), "set_at": now}
    connection.execute(
        insert(policies)
        .values(guild=guild, scope=scope, name=name, **changed)
        .on_conflict_do_update(index_elements=["guild", "scope", "name"], set_=changed)
    )
    was = {} if before is None else {"was": json.loads(before)}
    record(connection, guild, by, "policy_set", {"scope": scope, "name": name, "value": value, **was}, now=now)


def unset(connection: Connection, guild: str, scope: str, name: str, by: str, *, now: int) -> bool:
    """Take a decision back; False, with nothing noted, when there was none."""
    key = _key(guild, scope, name)
    before = connection.execute(sa.select(policies.c.value).where(*_ONE), key).scalar()
    if before is None:
        return False
    connection.execute(sa.delete(policies).where(*_ONE), key)
    record(connection, guild, by, "policy_unset", {"scope": scope, "name": name, "was": json.loads(before)}, now=now)
    return True


def record(connection: Connection, guild: str, by: str, action: str, detail: Mapping[str, Any], *, now: int) -> None:
    """Note that somebody did something."""
    row = {"at": now, "guild": _guild(guild), "actor": _named("by", by), "action": _named("action", action)}
    # A note of a change tells both values.
    connection.execute(sa.insert(audit), {**row, "detail": values.text_of(dict(detail), 3 * MAX_VALUE)})
    connection.execute(TRIM, {"of_guild": guild})


def notes(connection: Connection, guild: str, limit: int, before: int | None = None) -> list[AuditEntry]:
    """What was done in a guild, the newest first; ``before`` is the id of a note: only older ones."""
    wanted = sa.select(audit).where(audit.c.guild == guild)
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    found = connection.execute(wanted.order_by(audit.c.id.desc()).limit(limit))
    return [AuditEntry(row.id, row.at, row.guild, row.actor, row.action, json.loads(row.detail)) for row in found]


def _key(guild: str, scope: str, name: str) -> dict[str, str]:
    if not SCOPE.fullmatch(scope):
        raise UserError("scope: must be guild, or channel:, role: or user: with an id", field="scope")
    return {"of_guild": _guild(guild), "of_scope": scope, "of_name": _named("name", name)}


def _guild(guild: str) -> str:
    return guild if guild == "" else _named("guild", guild)


def _named(field: str, text: str) -> str:
    return values.named(field, text)
