"""What earlier runs left behind."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

from config.folders import places
from config.settings import Settings
from daemon import words
from daemon.doctor.finding import Finding, graded
from daemon.doctor.places import entries, size
from storage.backup.make import UNFINISHED
from storage.backup.restore import COPYING, PLACING, READY

PART = ".part"
OLD_SECONDS = 3600.0
"""What is younger may still be being written."""


def check_quarantine(settings: Settings) -> Iterator[Finding]:
    """How much did recovery put aside?"""
    if not settings.quarantine.is_dir():
        return
    count, length = size(entries(settings.quarantine))
    hint = f"no job names them; look, then: rm -r {settings.quarantine}/*" if count else None
    yield graded("quarantine", f"{words.counted(count, 'file')}, {words.size(length)}", hint)


def check_parts(settings: Settings) -> Iterator[Finding]:
    """Are there files that were begun and never finished?"""
    if not settings.state_dir.exists():
        return
    os.listdir(settings.state_dir)  # says by an error that it may not be looked into, which a search does not
    before = time.time() - OLD_SECONDS
    old = sorted(path for path in _parts(settings) if path.lstat().st_mtime < before)
    hint = f"nobody needs them: rm {shlex.join(map(str, old[:3]))}{' ...' if len(old) > 3 else ''}" if old else None
    yield graded("unfinished files", f"{len(old)} older than an hour", hint)


def check_restores(settings: Settings) -> Iterator[Finding]:
    """Is there a restore that a crash ended, or what one put aside?"""
    state = settings.state_dir
    for name in (READY, PLACING):
        if (state / name).is_dir():
            detail = f"{state / name} is a restore that was begun"
            yield Finding("unfinished restore", "warn", detail, "the next start goes on with it: mezzotint run")
    if (state / COPYING).is_dir():
        detail = f"{state / COPYING} is of a restore that changed nothing yet"
        yield Finding("unfinished restore", "warn", detail, "the next start removes it: mezzotint run")
    for aside in sorted(state.glob("before-restore-*")):
        count, length = size(entries(aside))
        detail = f"{aside}: {words.counted(count, 'file')}, {words.size(length)}, which a restore moved aside"
        yield Finding("before a restore", "warn", detail, f"when all is well: rm -r {aside}")


def check_backups(settings: Settings) -> Iterator[Finding]:
    """Is there a backup beside the state directory that was never finished? (Where else they lie is not known.)"""
    for path in sorted(settings.state_dir.parent.glob(f"{UNFINISHED}*")):
        if path.stat().st_mtime < time.time() - OLD_SECONDS:
            detail = f"{path}, {words.size(size(entries(path))[1])}"
            yield Finding("unfinished backup", "warn", detail, f"rm -r {path} (the next backup there removes it too)")


def check_pulls(settings: Settings) -> Iterator[Finding]:
    """Are there models that were fetched in part?"""
    if not settings.models_directory.is_dir():
        return
    for path in sorted(settings.models_directory.glob(".pull-*")):
        detail = f"{path}, {words.size(size(entries(path))[1])}"
        hint = f"the same mezzotint models pull goes on with it; if it is not wanted: rm -r {path}"
        yield Finding("unfinished pull", "warn", detail, hint)


def _parts(settings: Settings) -> Iterator[Path]:
    own = [settings.pictures, settings.inputs]
    outboxes = [places(settings.state_dir, each).outbox for each in settings.watch_folder.folders]
    yield from settings.state_dir.glob(f".*{PART}")
    for directory in (*own, *(outboxes if settings.watch_folder.enabled else ())):
        yield from (Path(entry.path) for entry in entries(directory) if entry.name.endswith(PART))
