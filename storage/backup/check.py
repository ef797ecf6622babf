"""Proves a backup: every file has the hash that was written down, and the database is whole and known to us."""

from __future__ import annotations

from pathlib import Path

from config.errors import FatalError
from storage.backup import manifest
from storage.backup.copying import Going, digest_of
from storage.backup.manifest import DamagedBackupError, Manifest
from storage.schema.version import VERSION
from storage.sqlite import snapshot
from storage.sqlite.snapshot import Copy

ANOTHER = "use another backup"


def check(directory: Path, going: Going) -> Manifest:
    """The manifest of a backup that is whole; raises :class:`DamagedBackupError` that names what is wrong."""
    found = manifest.read(directory)
    number, size, database = 0, 0, False
    for number, (path, recorded) in enumerate(manifest.listed(directory), 1):
        going.on("checking", done=number, total=found.files)
        digest, length = checked(directory, path, going)
        if digest != recorded:
            raise DamagedBackupError(f"{directory / path} is not the file that was backed up", hint=ANOTHER)
        size += length
        database |= path == manifest.DATABASE
    if (number, size, database) != (found.files, found.bytes, True):
        raise DamagedBackupError(f"the backup {directory} lists other files than its manifest counts")
    _check_database(directory, found)
    return found


def checked(directory: Path, path: str, going: Going) -> tuple[str, int]:
    """Hash and size of one file of a backup."""
    try:
        return digest_of(directory / path, going)
    except OSError as error:
        raise DamagedBackupError(f"{directory / path} can't be read: {error.strerror}", hint=ANOTHER) from None


def _check_database(directory: Path, found: Manifest) -> None:
    path = directory / manifest.DATABASE
    try:
        schema = snapshot.examine(path, VERSION)
    except FatalError as error:
        raise DamagedBackupError(error.message, hint=error.hint or ANOTHER) from error
    with snapshot.reading(path) as copy:
        jobs, pictures, _ = copy.counts()
        if (schema, jobs, pictures) != (found.schema, found.jobs, found.pictures):
            raise DamagedBackupError(f"{path} is not the database that the manifest describes")
        if found.with_pictures:
            _check_pictures(directory, copy, found)


def _check_pictures(directory: Path, copy: Copy, found: Manifest) -> None:
    """Every picture of a row is listed, or known to be missing. Both come in order of their paths."""
    listed = (path for path, _ in manifest.listed(directory) if path.startswith("pictures/"))
    missing = set(found.missing)
    for path, _ in copy.pictures():
        if path not in missing and next(listed, None) != path:
            raise DamagedBackupError(f"the backup {directory} lacks the file {path}", hint=ANOTHER)
