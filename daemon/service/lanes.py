"""The lanes as they are: what waits and runs in each, and what it had of the engine."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from config.clock import Clock
from daemon.service.shares import Shares
from daemon.service.status import LaneStatus
from storage import queue
from storage.database import Connection, Database
from storage.queue.glance import LaneGlance

CHEAP_SECONDS = 0.005
REST = 20
"""Where reading the figures took longer than the above, on the processor, so many times as long goes by before they
are read again: they are always fresh for some ten thousand jobs, and some seconds old for a million."""


class Lanes:
    """Reads the figures of the lanes when somebody wants to see them."""

    def __init__(self, database: Database, clock: Clock, shares: Shares) -> None:
        self._database = database
        self._clock = clock
        self._shares = shares
        self._known: Sequence[LaneGlance] = ()
        self._fresh_until = 0.0

    async def now(self, ends: Mapping[str, float | None]) -> tuple[LaneStatus, ...]:
        """Every lane, the most urgent first. ``share`` is None while nothing was drawn in the last hour.

        ``ends`` are the seconds until the last job of each is done.
        """
        if not self._known or time.monotonic() >= self._fresh_until:
            self._known, cost = await self._database.read(_timed)
            self._fresh_until = time.monotonic() + (REST * cost if cost > CHEAP_SECONDS else 0)
        seconds = self._shares.seconds()
        total, now = sum(seconds.values()), self._clock()
        return tuple(
            LaneStatus(
                name=each.lane,
                queued=each.queued,
                running=each.running,
                oldest_seconds=None if each.oldest_at is None else max(0, now - each.oldest_at) / 1000,
                engine_seconds=seconds.get(each.lane, 0.0),
                share=seconds.get(each.lane, 0.0) / total if total else None,
                eta_s=ends.get(each.lane),
            )
            for each in self._known
        )


def _timed(connection: Connection) -> tuple[Sequence[LaneGlance], float]:
    began = time.thread_time()
    return queue.lanes(connection), time.thread_time() - began
