"""Putting a backup back. The one act on the store that no daemon does: it holds the lock itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from config.errors import AlreadyRunningError
from config.settings import Settings
from daemon import directories, lock
from storage.backup import restore as backups
from storage.backup.check import check
from storage.backup.copying import Going
from storage.backup.manifest import Manifest
from storage.backup.restore import Restored

__all__ = ["Going", "Manifest", "Restored", "examine", "restore"]


def examine(source: Path, going: Going) -> Manifest:
    """The manifest of a backup that is whole; raises :class:`storage.backup.manifest.DamagedBackupError`."""
    return check(source, going)


def restore(settings: Settings, source: Path, going: Going, *, force: bool) -> Restored:
    """Check a backup and put it into the state directory; see :func:`storage.backup.restore.restore`.

    Raises :class:`AlreadyRunningError` while a daemon owns the directory. The next start does the rest: an older
    database is migrated, what ran is queued again, what was to be delivered is delivered.
    """
    owner = lock.owner(settings.lock_file)
    if owner is not None:
        raise AlreadyRunningError(f"a daemon (pid {owner}) owns {settings.state_dir}", hint="stop it first")
    found = check(source, going)
    directories.make(settings)
    with lock.held(settings.lock_file):
        backups.finish(settings.state_dir)
        return backups.restore(
            source,
            settings.state_dir,
            found,
            going,
            force=force,
            now=datetime.now(UTC),
            reserve_bytes=settings.storage.min_free_bytes,
        )
