"""What is looked at when somebody asks: the status, and sizes on the disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.errors import RetryableError
from daemon.service import Status
from storage import deliveries
from storage.database import Database
from storage.results.store import PictureFiles


@dataclass(frozen=True, slots=True)
class Figures:
    """One look. A size that can't be had at the moment is None."""

    status: Status
    deliveries_waiting: Mapping[str, int]
    """By source."""
    database_bytes: int | None
    log_bytes: int | None
    free_bytes: int | None


class Look:
    """Looks. Raises :class:`config.errors.RetryableError` when the database can't be read."""

    def __init__(self, status: Callable[[], Awaitable[Status]], database: Database, files: PictureFiles) -> None:
        self._status = status
        self._database = database
        self._files = files

    async def __call__(self) -> Figures:
        """Everything as it is now."""
        status = await self._status()
        waiting = await self._database.read(deliveries.waiting_by_source)
        path = self._database.path
        database, log, free = await asyncio.to_thread(
            lambda: (_size(path), _size(path.with_name(f"{path.name}-wal")), self._free())
        )
        return Figures(status, waiting, database, log, free)

    def _free(self) -> int | None:
        with contextlib.suppress(RetryableError):
            return self._files.free_bytes()
        return None


def _size(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return None
