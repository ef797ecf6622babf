"""What start-up makes of what the last run left: nobody else owns the queue, so every running job is an orphan."""

from __future__ import annotations

import asyncio

import structlog

from config.clock import Clock
from config.errors import FatalError, RetryableError, UnusableError
from config.failpoints import reach
from config.os_errors import passes
from config.settings import Settings
from daemon import subscribers
from daemon.service import Conditions
from daemon.service.keeping import Keeping
from storage import queue, subscriptions
from storage.database import Database
from storage.results.recovery import has_pictures, recorded_sizes, recover_files

log = structlog.get_logger(__name__)


async def opened(settings: Settings, clock: Clock, conditions: Conditions) -> Database:
    """The database, open, migrated, and in agreement with the files beside it.

    Raises :class:`RetryableError` for what may pass, :class:`FatalError` for what won't.
    """
    database = await asyncio.to_thread(
        Database.open,
        settings.database,
        synchronous=settings.storage.synchronous,
        busy_timeout_seconds=settings.storage.busy_timeout_seconds,
    )
    try:
        await recover(database, settings, clock, conditions)
    except BaseException as error:
        await asyncio.to_thread(database.close)
        if isinstance(error, OSError):
            kind = RetryableError if passes(error) else FatalError
            raise kind(f"{error.filename or 'a file'} beside the database can't be used: {error.strerror}") from error
        raise
    return database


async def recover(database: Database, settings: Settings, clock: Clock, conditions: Conditions) -> None:
    """Put the orphans back in the queue and make files and rows agree, before anything else runs."""
    await database.write(lambda c: subscriptions.replace(c, subscribers.of(settings)))
    most = settings.queue.max_attempts
    orphans = await database.write(lambda c: queue.recover(c, now=clock(), max_attempts=most))
    if orphans:
        log.warning("jobs_recovered", jobs=len(orphans))
    reach("recovery.after_requeue")
    stuck = await Keeping(settings=settings, database=database, clock=clock, conditions=conditions).clear_away()
    if stuck:
        log.warning("pruned_files_left", files=stuck)
    recorded = await database.read(recorded_sizes)
    if not await database.read(queue.ever_took_jobs) and await asyncio.to_thread(has_pictures, settings.state_dir):
        raise UnusableError(
            f"the database {settings.database} is empty, but there are pictures beside it",
            hint="restore the database from a backup, or move the pictures away to begin anew",
        )
    report = await asyncio.to_thread(recover_files, settings.state_dir, recorded)
    reach("recovery.after_files")
    if report.parts_removed or report.orphans_quarantined:
        log.warning("files_recovered", removed=report.parts_removed, quarantined=len(report.orphans_quarantined))
    if report.left:
        log.warning("files_left", files=len(report.left), first=report.left[0])
    if lost := [*report.missing, *report.damaged]:
        log.error("pictures_lost", missing=len(report.missing), damaged=len(report.damaged), first=lost[0])
        conditions.report(
            "pictures",
            f"{len(report.missing)} recorded pictures are missing and {len(report.damaged)} have another size",
            "restore the files from a backup and restart",
        )
