"""What people set for themselves, for where a command says nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from daemon.service import Service

DEFAULTS = "defaults"
"""Under this name it is remembered."""
MOST_PEOPLE = 10_000
"""Of whom it is known without a look whether they want their jobs to be private."""


class Own:
    """Kept by the service; whether somebody's jobs are private also in memory, because the first answer hangs on it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._private: OrderedDict[str, bool] = OrderedDict()
        self._changes = 0

    async def of(self, owner: str) -> dict[str, Any]:
        """All of it, by the names of options."""
        changes = self._changes
        kept = dict(await self._service.memory.get(owner, DEFAULTS) or {})
        if changes == self._changes:  # what was read while somebody changed something may be from before
            self._note(owner, kept)
        return kept

    async def keep(self, owner: str, kept: Mapping[str, Any]) -> None:
        """From now on this, and nothing else."""
        self._changes += 1
        self._private.pop(owner, None)
        if kept:
            await self._service.memory.put(owner, DEFAULTS, dict(kept))
        else:
            await self._service.memory.drop(owner, DEFAULTS)
        self._changes += 1
        self._note(owner, kept)

    async def is_private(self, owner: str) -> bool:
        """Whether only he sees what is drawn for him. It is looked up once."""
        known = self._private.get(owner)
        return bool((await self.of(owner)).get("private", False)) if known is None else known

    def _note(self, owner: str, kept: Mapping[str, Any]) -> None:
        self._private[owner] = bool(kept.get("private", False))
        self._private.move_to_end(owner)
        if len(self._private) > MOST_PEOPLE:
            self._private.popitem(last=False)
