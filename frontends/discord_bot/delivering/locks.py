"""One at a time to the messages of a job, so that a late look of one that is drawn never overwrites its result."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Locks:
    """By job; a lock that nobody holds or waits for is forgotten."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, job: str) -> asyncio.Lock:
        """The lock of a job, to be held while one of its messages is changed."""
        lock = self._locks.get(job)
        if lock is None:
            lock = self._locks[job] = asyncio.Lock()
        return lock
