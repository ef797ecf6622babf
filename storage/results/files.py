"""Files that are whole or not there at all, also after a power cut.

Order matters: write a temporary file in the same directory, fsync it, rename it, fsync the directory (so that the
name is durable, not only the content; see lwn.net/Articles/457667). Only then may a row name it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from config.failpoints import reach

PART = ".part"


def write_durably(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``. Raises ``OSError`` when it could not be made durable.

    The temporary file is removed on an error. If only the last sync of the directory fails, the whole file is
    there under its name without a row: recovery puts such files into quarantine.
    """
    make_directory(path.parent)
    part = path.with_name(path.name + PART)
    reach("result.before_write")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _write_all(descriptor, data)
            reach("result.after_write")
            os.fsync(descriptor)
            reach("result.after_fsync")
        finally:
            os.close(descriptor)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    reach("result.after_replace")
    sync_directory(path.parent)
    reach("result.after_directory_fsync")


def make_directory(path: Path) -> None:
    """Make a directory whose own name is durable too."""
    if path.is_dir():
        return
    make_directory(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
