"""What start-up makes of what the last run left: nobody else owns the queue, so every running job is an orphan."""

from __future__ import annotations

import structlog

from config.clock import Clock
from config.settings import Settings
from storage import queue
from storage.database import Database

log = structlog.get_logger()


async def recover(database: Database, settings: Settings, clock: Clock) -> None:
    """Put the orphans back in the queue and make files and rows agree, before anything else runs."""
    most = settings.queue.max_attempts
    orphans = await database.write(lambda c: queue.recover(c, now=clock(), max_attempts=most))
    if orphans:
        log.warning("jobs_recovered", jobs=len(orphans))
