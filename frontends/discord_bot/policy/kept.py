"""The rules in memory, for a moment: every press of a button asks for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from daemon.service import PolicyRow, Service

KEPT_SECONDS = 3.0
"""So soon it is noticed what others have set; what is set through the bot counts at once."""
PATIENCE_SECONDS = 0.5
"""For a new look at rules that are known from before."""
MOST_GUILDS = 500


class KeptRules:
    """Of each guild what was read last."""

    def __init__(self, service: Service, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Sequence[PolicyRow]]] = {}
        self._reading: dict[str, asyncio.Task[Sequence[PolicyRow]]] = {}
        self._changes = 0

    async def of(self, guild: str) -> Sequence[PolicyRow]:
        """The rules of a guild, or of none: what holds everywhere. While they can't be read, those that were."""
        found = self._kept.get(guild)
        if found is not None and self._monotonic() - found[0] < KEPT_SECONDS:
            return found[1]
        reading = self._reading.get(guild) or self._begin(guild)
        if found is not None:
            await asyncio.wait({reading}, timeout=PATIENCE_SECONDS)
            if not reading.done():
                return found[1]
        return await asyncio.shield(reading)

    def _begin(self, guild: str) -> asyncio.Task[Sequence[PolicyRow]]:
        reading = self._reading[guild] = asyncio.create_task(self._read(guild))

        def ended(task: asyncio.Task[Sequence[PolicyRow]]) -> None:
            if self._reading.get(guild) is task:
                del self._reading[guild]
            if not task.cancelled():
                task.exception()  # whoever waits for it is told

        reading.add_done_callback(ended)
        return reading

    async def _read(self, guild: str) -> Sequence[PolicyRow]:
        changes, began = self._changes, self._monotonic()
        rows = tuple(await self._service.policies.rows(guild))
        # What was read while somebody changed something may be from before.
        if changes == self._changes:
            if len(self._kept) >= MOST_GUILDS:
                self._kept.clear()
            self._kept[guild] = (began, rows)
        return rows

    def forget(self, guild: str) -> None:
        """Something was changed there."""
        self._changes += 1
        self._kept.pop(guild, None)
        self._reading.pop(guild, None)  # it may be from before
