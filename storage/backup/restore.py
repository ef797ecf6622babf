"""Puts a backup back, in three steps each of which begins with one rename; a crash leaves a step to be finished.

``restore.copying``: the backup is copied into the state directory. Until that has ended nothing else has changed, and
what a crash leaves is thrown away. ``restore.ready``: what was there is moved aside, piece by piece.
``restore.placing``: the copies take its place. From ``restore.ready`` on a crash is made good by :func:`finish`: the
restore is carried on.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.errors import ConflictError, FatalError, RetryableError
from config.failpoints import reach
from config.os_errors import passes
from storage.backup import manifest
from storage.backup.copying import Going, copied, written
from storage.backup.manifest import DamagedBackupError, Manifest
from storage.results.files import make_directory, sync_directory
from storage.sqlite import snapshot

COPYING, READY, PLACING = "restore.copying", "restore.ready", "restore.placing"
ASIDE = "aside"
"""A file that names the directory into which what was there is moved."""
OWN = (manifest.DATABASE, f"{manifest.DATABASE}-wal", f"{manifest.DATABASE}-shm", manifest.MODELS)
WITH_PICTURES = ("pictures", "inputs", "quarantine")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where that lies which was there before (None: nothing was)."""

    manifest: Manifest
    aside: Path | None


def restore(
    source: Path, state_dir: Path, found: Manifest, going: Going, *, force: bool, now: datetime, reserve_bytes: int
) -> Restored:
    """Put a backup that was checked (its manifest is ``found``) into a state directory whose lock is held.

    Raises :class:`ConflictError` when there is a database and not ``force``; :class:`RetryableError` when the disk is
    full or failing. Nothing has changed then.
    """
    if (state_dir / manifest.DATABASE).exists() and not force:
        raise ConflictError(
            f"{state_dir} holds a database already",
            hint="restore with --force: what is there is moved aside, not deleted; or set another MEZZOTINT_STATE_DIR",
        )
    aside = state_dir / now.strftime("before-restore-%Y%m%dT%H%M%SZ")
    _must_be_movable(state_dir, aside)
    try:
        _copy(source, state_dir / COPYING, found, going, aside.name, reserve_bytes)
        reach("restore.after_copy")
        os.rename(state_dir / COPYING, state_dir / READY)
        sync_directory(state_dir)
        reach("restore.after_ready")
    except BaseException as error:
        shutil.rmtree(state_dir / COPYING, ignore_errors=True)
        if isinstance(error, OSError):
            raise RetryableError(f"the backup could not be copied: {error.strerror}", hint="free some space") from error
        raise
    finish(state_dir)
    return Restored(found, aside if aside.exists() else None)


def finish(state_dir: Path) -> bool:
    """Carry on with a restore that a crash ended; True when there was one. Only with the lock held.

    One that had not got as far as changing anything is thrown away. Raises :class:`FatalError` when it can't go on,
    :class:`RetryableError` when that may pass.
    """
    shutil.rmtree(state_dir / COPYING, ignore_errors=True)
    try:
        if (state_dir / READY).is_dir():
            _move_aside(state_dir, state_dir / READY)
            reach("restore.after_moving")
            os.rename(state_dir / READY, state_dir / PLACING)
            sync_directory(state_dir)
        if not (state_dir / PLACING).is_dir():
            return False
        _place(state_dir, state_dir / PLACING)
    except OSError as error:
        kind = RetryableError if passes(error) else FatalError
        raise kind(
            f"a restore is not finished and can't go on: {error.strerror} ({error.filename})",
            hint="mend that and start again: it goes on where it was",
        ) from error
    return True


def _copy(source: Path, target: Path, found: Manifest, going: Going, aside: str, reserve_bytes: int) -> None:
    shutil.rmtree(target, ignore_errors=True)
    free = shutil.disk_usage(target.parent).free
    if free < found.bytes + reserve_bytes:
        raise RetryableError(
            f"the backup does not fit: it has {found.bytes // 2**20 + 1} MiB, {free // 2**20} MiB are free",
            hint="free some space",
        )
    target.mkdir(mode=0o700)
    for name in WITH_PICTURES if found.with_pictures else ():
        make_directory(target / name)
    for number, (path, recorded) in enumerate(manifest.listed(source), 1):
        going.on("copying", done=number, total=found.files)
        if path == manifest.CONFIG and not found.config_in_state_dir:
            continue
        digest, _ = copied(source / path, target / path, going)
        if digest != recorded:
            raise DamagedBackupError(f"{source / path} changed while it was copied")
    snapshot.mark_restored(target / manifest.DATABASE)
    written(target / ASIDE, aside.encode())
    for directory, _, _ in os.walk(target, topdown=False):
        sync_directory(Path(directory))


def _replaced(ready: Path) -> tuple[str, ...]:
    """Names in the state directory that make way: all of the store, but only what the backup has of the rest."""
    optional = [name for name in (*WITH_PICTURES, manifest.CONFIG) if (ready / name).exists()]
    return (*OWN, *optional)


def _move_aside(state_dir: Path, ready: Path) -> None:
    aside = state_dir / (ready / ASIDE).read_text()
    for name in _replaced(ready):
        path = state_dir / name
        if not os.path.lexists(path):
            continue
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
            continue
        aside.mkdir(mode=0o700, exist_ok=True)
        os.rename(path, aside / name)
        reach("restore.while_moving")
    for directory in (aside, state_dir):
        if directory.is_dir():
            sync_directory(directory)


def _place(state_dir: Path, placing: Path) -> None:
    (placing / ASIDE).unlink(missing_ok=True)
    # The database last: while it is missing the daemon must not take the directory for a new one, and the rest of
    # this directory says that it is not.
    for name in sorted(os.listdir(placing), key=lambda each: each == manifest.DATABASE):
        os.rename(placing / name, state_dir / name)
        reach("restore.while_placing")
    sync_directory(state_dir)
    placing.rmdir()
    sync_directory(state_dir)


def _must_be_movable(state_dir: Path, aside: Path) -> None:
    if os.path.lexists(aside):
        raise ConflictError(f"{aside} is there already", hint="try again in a second")
    for name in (*OWN, *WITH_PICTURES):
        path = state_dir / name
        if os.path.lexists(path) and (os.path.ismount(path) or path.lstat().st_dev != state_dir.stat().st_dev):
            raise ConflictError(
                f"{path} is a file system of its own and can't be moved aside", hint="unmount it for the restore"
            )
