"""Makes a file durable before anything refers to it.

The order is what counts, and kill -9 can't show a mistake in it (the page cache survives that): write to a temporary
name in the same directory, fsync the file, rename it, fsync the directory; only then may a row name it. Without the
first fsync a power cut leaves an empty file under the final name; without the last one no file at all.
See https://lwn.net/Articles/457667/.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from config.errors import RetryableError
from config.failpoints import reach

_MENDS = {
    errno.ENOSPC: "free some space; if there is some, too many files are there (df -i tells)",
    errno.EDQUOT: "raise the quota of the user who runs the daemon, or free some space",
    errno.EROFS: "look why the file system is read-only (dmesg tells), and mount it for writing again",
    errno.EIO: "look at the health of the disk (dmesg tells)",
}

PART = ".part"
"""Ending of files that are being written; recovery removes those that a crash left."""


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file, whole and durable when this returns.

    Raises :class:`RetryableError` when the disk is full or failing; neither ``path`` nor a temporary is left then.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        make_directory(path.parent)
        reach("result.before_write")
        _write(part, data)
        os.replace(part, path)
        reach("result.after_replace")
        sync_directory(path.parent)
        reach("result.after_directory_fsync")
    except OSError as error:
        for leftover in (part, path):
            with contextlib.suppress(OSError):
                leftover.unlink()
        raise failed(path, error) from error


def make_directory(path: Path) -> None:
    """Make a directory that survives a power cut; its parent is made as well."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def failed(path: Path, error: OSError) -> RetryableError:
    """The error of a disk in plain words."""
    return RetryableError(
        f"the file {path.name} could not be written: {error.strerror or error}",
        hint=_MENDS.get(error.errno or 0, "free some space, or look at the health of the disk"),
    )


def _write(part: Path, data: bytes) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        reach("result.after_write")
        os.fsync(descriptor)
        reach("result.after_fsync")
    finally:
        os.close(descriptor)
