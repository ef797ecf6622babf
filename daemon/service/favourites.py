"""The pictures that people like."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from functools import partial

from config.clock import Clock
from storage import favourites
from storage.database import Database
from storage.queue.job import Picture

AT_ONCE = 500
"""Pictures of one answer."""


class Favourites:
    """The verbs of :mod:`storage.favourites`. A favourite goes when its picture does."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set(self, owner: str, picture_id: str, on: bool) -> bool:
        """Put a picture (its full id) on the list of an owner, or take it off; True when that changed something.

        Raises :class:`config.errors.NotFoundError` for a picture to put on it that is not there.
        """
        if on:
            add = partial(favourites.add, owner=owner, picture=picture_id, now=self._clock())
            return await self._database.write(add)
        return await self._database.write(partial(favourites.discard, owner=owner, picture=picture_id))

    async def of(self, owner: str, limit: int = 50, before: str | None = None) -> list[Picture]:
        """Those of an owner, the last chosen first, at most 500; ``before`` is one of them: only earlier ones."""
        most = max(0, min(limit, AT_ONCE))
        return await self._database.read(partial(favourites.of, owner=owner, limit=most, before=before))

    async def among(self, owner: str, picture_ids: Sequence[str]) -> builtins.set[str]:
        """Which of these pictures (at most 500) are his."""
        return await self._database.read(partial(favourites.among, owner=owner, wanted=picture_ids))
