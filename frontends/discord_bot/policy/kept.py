"""The rules in memory, for a moment: every press of a button asks for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from daemon.service import PolicyRow, Service

KEPT_SECONDS = 3.0
"""So soon it is noticed what others have set; what is set through the bot counts at once."""
MOST_GUILDS = 500


class KeptRules:
    """Of each guild what was read last."""

    def __init__(self, service: Service, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Sequence[PolicyRow]]] = {}
        self._changes = 0

    async def of(self, guild: str) -> Sequence[PolicyRow]:
        """The rules of a guild, or of none: what holds everywhere."""
        found = self._kept.get(guild)
        if found is not None and self._monotonic() - found[0] < KEPT_SECONDS:
            return found[1]
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
