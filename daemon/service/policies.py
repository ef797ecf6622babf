"""What the people of a place decided about it, and the notes of who did."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from config.clock import Clock
from storage import policies
from storage.database import Database
from storage.policies import AuditEntry, PolicyRow

AT_ONCE = 500
"""Notes of one answer."""


class Policies:
    """Decisions and notes. Raises :class:`config.errors.UserError` for what can't be kept, or is too much."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def rows(self, guild: str) -> list[PolicyRow]:
        """All of one guild (of none: what holds everywhere), by scope and name."""
        return await self._database.read(partial(policies.rows, guild=guild))

    async def set(self, guild: str, scope: str, name: str, value: Any, by: str) -> None:
        """Decide something; the note of it is of the same transaction. ``value`` is plain JSON."""
        await self._database.write(
            partial(policies.put, guild=guild, scope=scope, name=name, value=value, by=by, now=self._clock())
        )

    async def unset(self, guild: str, scope: str, name: str, by: str) -> bool:
        """Take it back, with a note; False, and no note, when nothing was decided."""
        now = self._clock()
        return await self._database.write(partial(policies.unset, guild=guild, scope=scope, name=name, by=by, now=now))

    async def record(self, guild: str, by: str, action: str, detail: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Note that somebody did something else. The newest 5,000 notes of a guild are kept."""
        now = self._clock()
        await self._database.write(partial(policies.record, guild=guild, by=by, action=action, detail=detail, now=now))

    async def audit(self, guild: str, limit: int = 50, before: int | None = None) -> list[AuditEntry]:
        """The notes of a guild, the newest first, at most 500; ``before`` is the id of one: only older ones."""
        most = max(0, min(limit, AT_ONCE))
        return await self._database.read(partial(policies.notes, guild=guild, limit=most, before=before))
