"""When the service takes no more: the queue is full, the disk nearly so, or the daemon is stopping."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from config.clock import steady_ms
from config.errors import BusyError
from daemon.service.conditions import Conditions
from storage.queue.tally import queue_full

COUNT_EVERY_MS = 1_000
DISK = "disk"


class Bounds:
    """Refuses with :class:`BusyError` and the reason.

    It looks before anything is prepared, and counts the queue once a second at most for that: a flood of submissions
    to a full queue costs little. Those that pass are counted exactly in the transaction that queues them, by
    ``max_queued``.
    """

    def __init__(
        self,
        *,
        max_queued: int,
        min_free_bytes: int,
        count_queued: Callable[[], Awaitable[int]],
        free_bytes: Callable[[], int],
        conditions: Conditions,
    ) -> None:
        self._max_queued = max_queued
        self._min_free_bytes = min_free_bytes
        self._count_queued = count_queued
        self._free_bytes = free_bytes
        self._conditions = conditions
        self._counted_at: int | None = None
        self._queued = 0
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """No more is taken, for good."""
        return self._stopping

    @property
    def max_queued(self) -> int:
        """More jobs may not wait."""
        return self._max_queued

    def found_full(self) -> None:
        """There was no room any more in the transaction: until the queue is counted again nobody need try."""
        self._queued = self._max_queued

    def stop(self) -> None:
        """Refuse everything from now on."""
        self._stopping = True

    def change(self, *, max_queued: int, min_free_bytes: int) -> None:
        """Other bounds from now on."""
        self._max_queued, self._min_free_bytes = max_queued, min_free_bytes

    async def admit(self, jobs: int) -> None:
        """Let ``jobs`` more try, or raise :class:`BusyError`."""
        if self._stopping:
            raise BusyError("the daemon is stopping", hint="submit again once it runs again")
        self.check_disk()
        now = steady_ms()
        if self._counted_at is None or now - self._counted_at >= COUNT_EVERY_MS:
            self._counted_at = now
            self._queued = await self._count_queued()
        if self._queued + jobs > self._max_queued:
            raise queue_full(self._queued, self._max_queued)

    def check_disk(self) -> None:
        """Raise :class:`BusyError` while there is less free space than the floor; say so in the conditions."""
        free = self._free_bytes()
        if free >= self._min_free_bytes:
            self._conditions.clear(DISK)
            return
        floor = self._min_free_bytes // 2**20
        why = f"{free // 2**20} MiB are free where the state directory or its pictures lie, {floor} MiB must stay free"
        self._conditions.report(DISK, why, "goes on by itself when there is space again")
        raise BusyError(f"the disk is nearly full: {why}", hint="free some space and submit again")
