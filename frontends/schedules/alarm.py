"""An alarm clock: APScheduler with its memory store, and nothing in it but the next moment.

What is due, and when, is decided by rows of ours: its cron counts weekdays from Monday, and a job of its store that was
missed is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.date import DateTrigger  # type: ignore[import-untyped]

JOB = "next"


class Alarm:
    """Calls ``ring`` in the event loop, once, after the time that was set last."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def start(self) -> None:
        """Call it in the event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """It rings no more."""
        self._scheduler.shutdown(wait=False)

    def set(self, seconds: float) -> None:
        """Ring in so many seconds, and not when it was to ring before."""
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        self._scheduler.add_job(
            self._rung, DateTrigger(moment), id=JOB, replace_existing=True, misfire_grace_time=None, coalesce=True
        )

    async def _rung(self) -> None:
        # A coroutine although it waits for nothing: a plain function would be run in a thread.
        self._ring()
