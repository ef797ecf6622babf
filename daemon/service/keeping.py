"""Keeping the store: backups, pruning and the export, while everything else goes on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from config.clock import Clock
from config.errors import BusyError
from config.failpoints import reach
from config.folders import places
from config.settings import FolderSettings, Settings
from daemon.service import retention
from daemon.service.conditions import Conditions
from daemon.service.retention import RetentionStatus, RuleGone
from storage import inputs
from storage.backup.copying import Going
from storage.backup.make import Source, make, place
from storage.backup.manifest import Manifest
from storage.database import Database
from storage.prune import files, jobs, leftovers
from storage.prune.rule import Gone, Rule
from storage.queue import export
from storage.sqlite import pages

TELL_SECONDS = 0.5
RECORDS_AT_ONCE = 200
PAGES_AT_ONCE = 500
PAUSE_SECONDS = 0.01
"""Between two transactions of a prune, so that those who wait for the writer get their turn."""
GENTLE_JOBS, GENTLE_PAUSE_SECONDS = 50, 0.05
"""The same for what comes by itself, and is in no hurry: jobs of one transaction, and how long it rests then."""
CONDITION = "prune"
RETENTION = "retention"
BACKUP = "backup"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Doing:
    """How far it is. ``total`` is 0 where nobody knows."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is written."""

    path: Path
    manifest: Manifest
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneOrder:
    """What to prune. Without a ``rule`` and ``retention`` no job is touched."""

    rule: Rule | None = None
    retention: bool = False
    """By the rules of the settings."""
    by_itself: bool = False
    """Nobody asked for it: it is called off when somebody asks for another."""
    unreferenced_inputs: bool = False
    quarantine: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be."""

    gone: Gone
    inputs: int
    input_bytes: int
    quarantined: int
    quarantined_bytes: int
    given_back: int
    """Bytes that the database file shrank by."""
    seconds: float
    dry_run: bool
    by_rule: tuple[RuleGone, ...] = ()
    """What each rule of the settings took of it."""


class Keeping:
    """One backup or prune at a time; a second one is refused, but a prune that comes by itself gives way.

    Each is a generator that tells how far it is, and is called off when its reader leaves.
    """

    def __init__(self, *, settings: Settings, database: Database, clock: Clock, conditions: Conditions) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._conditions = conditions
        self._under_way: str | None = None
        self._going = Going()
        self._stopping = False
        self._over = asyncio.Event()
        self._last_retention: tuple[int, Gone] | None = None
        self._files_wait = False

    def reconfigure(self, settings: Settings) -> None:
        """Other settings for what begins from now on."""
        self._settings = settings

    def stop(self) -> None:
        """The daemon is stopping: what is under way is called off."""
        self._stopping = True
        self._going.call_off()

    # --- backup

    async def backup(
        self, path: Path, *, pictures: bool, config: bytes | None, config_path: Path | None
    ) -> AsyncGenerator[Doing | Backup]:
        """Write a backup to ``path``; the last item is the :class:`Backup`.

        Raises :class:`UserError` for a place that won't do, :class:`BusyError` while another one or a prune is under
        way, :class:`config.errors.RetryableError` when the disk is full or failing. Nothing is left then.
        """
        began, settings = time.monotonic(), self._settings
        watched = [place_ for folder in settings.watch_folder.folders for place_ in _four(settings.state_dir, folder)]
        target = await asyncio.to_thread(place, path, settings.state_dir, tuple(watched), datetime.now(UTC))
        source = Source(
            state_dir=settings.state_dir,
            database=settings.database,
            models_file=settings.models_file,
            config=config,
            config_in_state_dir=config_path == settings.state_dir / "config.toml",
            pictures=pictures,
            reserve_bytes=settings.storage.min_free_bytes,
        )
        going = await self._begin(BACKUP)
        try:
            working = asyncio.ensure_future(asyncio.to_thread(make, source, target, going))
            try:
                while not working.done():
                    await asyncio.wait((working,), timeout=TELL_SECONDS)
                    yield Doing(going.doing, going.done, going.total)
            finally:
                going.call_off()  # whoever wanted it has left: a thread can't be cancelled, it must be told
                await asyncio.wait((working,))
            made = working.result()
        finally:
            self._end()
            await self._clear_what_waited()
        log.info("backup_made", jobs=made.jobs, pictures=made.pictures, bytes=made.bytes, missing=len(made.missing))
        yield Backup(target, made, round(time.monotonic() - began, 3))

    # --- prune

    async def prune(self, order: PruneOrder) -> AsyncGenerator[Doing | Pruned]:
        """Remove what may go; the last item is the :class:`Pruned`. Called off in the middle, what is gone is gone.

        Raises :class:`BusyError` while a backup or another prune is under way.
        """
        began = time.monotonic()
        going = await self._begin(RETENTION if order.by_itself else "prune")
        try:
            gone, free_before = Gone(), await self._file_bytes()
            wanted = [] if order.rule is None else [(order.rule, Gone())]
            own = retention.rules(self._settings.retention, self._clock()) if order.retention else []
            by_rule = tuple(RuleGone(number, retention.says(each), Gone()) for number, each, _ in own)
            wanted += [(rule, found.gone) for (_, _, rule), found in zip(own, by_rule, strict=True)]
            names: set[str] = set()
            for rule, of_rule in wanted:
                steps = (
                    self._preview(rule, of_rule, names)
                    if order.dry_run
                    else self._prune(rule, of_rule, order.by_itself)
                )
                async for _ in steps:
                    going.on()
                    yield Doing("looking" if order.dry_run else "pruning", gone.jobs + of_rule.jobs, 0)
                gone.add(of_rule)
            if order.dry_run:
                gone.orders = await self._database.read(lambda c: jobs.orders_that_go(c, names))
            unused = await self._unused_inputs(order.dry_run) if order.unreferenced_inputs else (0, 0)
            before = None if order.rule is None or order.rule.ended_before is None else order.rule.ended_before / 1000
            aside = await asyncio.to_thread(self._quarantine, order.dry_run, before) if order.quarantine else (0, 0)
            if not order.dry_run:
                await self._give_back()
        finally:
            self._end()
        if order.retention and not order.dry_run:
            self._last_retention = self._clock(), gone
        if not order.dry_run and (gone.jobs or not order.retention):
            log.info("pruned", jobs=gone.jobs, pictures=gone.pictures, inputs=unused[0], quarantined=aside[0])
        shrunk = max(0, free_before - await self._file_bytes())
        yield Pruned(gone, *unused, *aside, shrunk, round(time.monotonic() - began, 3), order.dry_run, by_rule)

    def retention_status(self) -> RetentionStatus | None:
        """None without rules."""
        if not self._settings.retention.rules:
            return None
        at, gone = self._last_retention or (None, Gone())
        return RetentionStatus(len(self._settings.retention.rules), at, gone.jobs, gone.pictures, gone.bytes)

    async def clear_away(self) -> int:
        """Remove the files whose rows are gone; returns how many could not be removed (status says so)."""
        stuck, last = 0, ""
        while paths := await self._database.read(partial(files.noted, limit=jobs.AT_ONCE, after=last)):
            last = paths[-1]
            named = await self._database.read(partial(files.still_named, paths=paths))
            # Commits are made durable first, also where they are not by themselves.
            await asyncio.to_thread(self._database.sync)
            gone = await asyncio.to_thread(files.unlink, self._settings.state_dir, [p for p in paths if p not in named])
            done = {*gone, *named}
            await self._database.write(partial(files.forget, paths=sorted(done)))
            reach("prune.after_notes")
            stuck += len(paths) - len(done)
        if stuck:
            why = f"{stuck} files of pruned pictures could not be removed"
            self._conditions.report(CONDITION, why, "tried again at the next prune and the next start")
        else:
            self._conditions.clear(CONDITION)
        return stuck

    async def remove(self, job: str) -> None:
        """Remove one job that has ended. Its files go at once, or after the backup that may be copying them.

        Raises :class:`config.errors.NotFoundError`, :class:`config.errors.ConflictError` while it is not over.
        """
        gone = await self._database.write(partial(jobs.remove_one, job=job))
        reach("prune.after_commit")
        log.info("job_removed", job=job, pictures=gone.pictures)
        if self._under_way == BACKUP:
            self._files_wait = True
        elif gone.pictures:
            await self.clear_away()

    async def _clear_what_waited(self) -> None:
        if self._files_wait:
            self._files_wait = False
            await self.clear_away()

    async def _prune(self, rule: Rule, gone: Gone, gentle: bool) -> AsyncGenerator[None]:
        limit, pause = (GENTLE_JOBS, GENTLE_PAUSE_SECONDS) if gentle else (jobs.AT_ONCE, PAUSE_SECONDS)
        after: int | None = await self._database.read(lambda c: jobs.beginning(c, rule))
        stuck = 0  # a failing disk is not asked again for each piece: the notes stay
        while after:
            found = await self._database.read(partial(jobs.find, rule=rule, after=after, limit=limit))
            removed = await self._database.write(partial(jobs.remove, rule=rule, seqs=found.seqs))
            reach("prune.after_commit")
            gone.add(removed)
            after = found.after
            if removed.pictures and not stuck:
                stuck = await self.clear_away()
            yield
            await asyncio.sleep(pause)
        await self.clear_away()

    async def _preview(self, rule: Rule, gone: Gone, names: set[str]) -> AsyncGenerator[None]:
        """``names``: the jobs that would be gone, added to here."""
        after: int | None = await self._database.read(lambda c: jobs.beginning(c, rule))
        while after:
            found = await self._database.read(partial(jobs.find, rule=rule, after=after))
            gone.add(await self._database.read(partial(jobs.preview, rule=rule, seqs=found.seqs, gone=names)))
            after = found.after
            yield

    async def _unused_inputs(self, dry_run: bool) -> tuple[int, int]:
        number = size = 0
        found = await asyncio.to_thread(lambda: list(leftovers.input_pictures(self._settings.state_dir)))
        for piece in found:
            digests = [digest for digest, _ in piece]
            needed = await self._database.read(partial(leftovers.needed, digests=digests))
            for digest, length in piece:
                if digest in needed:
                    continue
                if dry_run or await asyncio.to_thread(inputs.discard, self._settings.state_dir, digest):
                    number, size = number + 1, size + length
        return number, size

    def _quarantine(self, dry_run: bool, before_seconds: float | None) -> tuple[int, int]:
        number = size = 0
        for path, length in leftovers.quarantined(self._settings.quarantine, before_seconds):
            if not dry_run:
                try:
                    path.unlink()
                except OSError:
                    continue
            number, size = number + 1, size + length
        return number, size

    async def _give_back(self) -> None:
        given = PAGES_AT_ONCE
        while given == PAGES_AT_ONCE:
            given = await self._database.write(partial(pages.give_back, pages=PAGES_AT_ONCE))
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.to_thread(self._database.shrink)

    async def _file_bytes(self) -> int:
        return (await asyncio.to_thread(self._settings.database.stat)).st_size

    # --- export

    async def records(self, wanted: export.Filter, after: int, *, with_events: bool) -> tuple[bytes, int | None]:
        """A page of whole records as JSON objects, a line each, and the ``after`` of the next page."""

        def read(connection: Any) -> tuple[bytes, int | None]:
            found, more = export.page(connection, wanted, after, RECORDS_AT_ONCE, with_events=with_events)
            return b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in found), more

        return await self._database.read(read)

    # --- inside

    async def _begin(self, what: str) -> Going:
        if self._under_way == RETENTION:  # it comes by itself, and comes again: whoever asks for something goes first
            self._going.call_off()
            await self._over.wait()
        if self._stopping:
            raise BusyError("the daemon is stopping", hint="try again once it runs again")
        if self._under_way is not None:
            raise BusyError(f"a {self._under_way} is under way", hint="try again when it has ended")
        self._under_way = what
        self._over.clear()
        self._going = Going()
        return self._going

    def _end(self) -> None:
        self._under_way = None
        self._over.set()


def _four(state_dir: Path, folder: FolderSettings) -> tuple[Path, ...]:
    own = places(state_dir, folder)
    return own.path, own.outbox, own.done, own.failed
