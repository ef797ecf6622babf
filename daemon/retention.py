"""Carries out the rules of retention every hour or so, between everything else."""

from __future__ import annotations

import asyncio

import structlog

from config.errors import RetryableError
from config.settings import RetentionSettings
from daemon.service.keeping import Keeping, Pruned, PruneOrder

FIRST_SECONDS = 60.0
"""After the start there is enough to do."""

log = structlog.get_logger(__name__)


class Retention:
    """A side task of the daemon."""

    def __init__(self, keeping: Keeping, settings: RetentionSettings) -> None:
        self._keeping = keeping
        self._settings = settings
        self._changed = asyncio.Event()

    def reconfigure(self, settings: RetentionSettings) -> None:
        """Other rules, or another hour."""
        self._settings = settings
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        first = True
        while True:
            self._changed.clear()
            seconds = self._settings.every_minutes * 60
            if await self._is_changed_within(min(seconds, FIRST_SECONDS) if first else seconds):
                continue
            first = False
            if self._settings.rules:
                await self._carry_out()

    async def _is_changed_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _carry_out(self) -> None:
        try:
            async for step in self._keeping.prune(PruneOrder(retention=True, by_itself=True)):
                if isinstance(step, Pruned) and step.gone.jobs:
                    log.info("retention_done", jobs=step.gone.jobs, pictures=step.gone.pictures, bytes=step.gone.bytes)
        except RetryableError as error:  # a backup goes first, the disk is full, the daemon stops: it comes again
            log.info("retention_put_off", why=error.message)
        except Exception as error:  # the boundary of a side task: what can't be removed stops nothing else
            log.error("retention_broke", exc_info=error)
