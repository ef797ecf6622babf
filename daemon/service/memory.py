"""Small values that front ends want to find again, by scope and name."""

from __future__ import annotations

from functools import partial
from typing import Any

from config.clock import Clock
from storage import memory
from storage.database import Database


class Memory:
    """The verbs of :mod:`storage.memory`. What somebody prefers is in the scope of his name (``discord:123``)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, scope: str, name: str) -> Any | None:
        """The value; None when there is none."""
        return await self._database.read(partial(memory.get, scope=scope, name=name))

    async def all(self, scope: str) -> dict[str, Any]:
        """All of a scope, by name."""
        return await self._database.read(partial(memory.every, scope=scope))

    async def put(self, scope: str, name: str, value: Any, *, job: str | None = None) -> None:
        """Remember plain JSON; of a ``job`` (its full id) until that is removed.

        Raises :class:`config.errors.UserError` for what is too large or too much,
        :class:`config.errors.NotFoundError` for a job that is not there.
        """
        now = self._clock()
        await self._database.write(partial(memory.put, scope=scope, name=name, value=value, now=now, job=job))

    async def drop(self, scope: str, name: str) -> None:
        """Forget it."""
        await self._database.write(partial(memory.drop, scope=scope, name=name))
