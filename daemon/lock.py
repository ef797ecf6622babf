"""One daemon per state directory: an exclusive ``flock``, freed by the kernel however the process ends.

The lock is on the directory itself. On a file in it, it would be worth nothing once somebody deletes that file: the
next daemon would make a new one and lock that. The lock file only names the owner.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from config.errors import AlreadyRunningError, FatalError, RetryableError
from config.os_errors import passes

RETRY_SECONDS = (0.02, 0.05, 0.1)
"""Whoever only looks (see :func:`owner`) has the lock for a moment too."""
LOOK_EVERY_SECONDS = 5.0
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock; raises :class:`AlreadyRunningError` (with the owner's pid) when another process has it.

    ``path`` is the lock file, in a directory of the state directory.
    """
    directory = _open(path)
    try:
        if not _taken(directory):
            pid = _pid(path)
            raise AlreadyRunningError(
                f"another daemon ({f'pid {pid}' if pid else 'its pid is unknown'}) owns {_home(path)}",
                hint="stop it first, or set another MEZZOTINT_STATE_DIR",
            )
        with contextlib.suppress(OSError):  # on a full disk nobody is told our pid; the lock holds all the same
            _sign(path)
        yield
    finally:
        os.close(directory)


async def keep(path: Path) -> None:
    """Until cancelled: write the lock file anew when it is gone, so that the owner can still be named.

    Raises :class:`FatalError` when another directory lies in the place of the locked one: pictures would be written
    there and their rows here.
    """
    locked = await asyncio.to_thread(_home(path).stat)
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        await asyncio.to_thread(_look, path, locked)


def _look(path: Path, locked: os.stat_result) -> None:
    if not _is_there(_home(path), locked):
        raise FatalError(f"the state directory {_home(path)} was moved, replaced or deleted while the daemon ran")
    if not path.exists():
        with contextlib.suppress(OSError):  # a full disk: tried again at the next look
            _sign(path)


def owner(path: Path) -> int | None:
    """The pid of the daemon that holds the lock (0 when it can't be told), None when nobody does."""
    try:
        directory = os.open(_home(path), DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(directory, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(path)
    finally:
        os.close(directory)
    return None


def _home(path: Path) -> Path:
    return path.parent.parent


def _open(path: Path) -> int:
    try:
        return os.open(_home(path), DIRECTORY)
    except OSError as error:
        kind = RetryableError if passes(error) else FatalError
        raise kind(f"the state directory {_home(path)} can't be opened: {error.strerror}") from error


def _taken(directory: int) -> bool:
    for pause in (*RETRY_SECONDS, None):
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if pause is not None:
                time.sleep(pause)
        else:
            return True
    return False


def _sign(path: Path) -> None:
    """Written whole and renamed: whoever reads it meanwhile finds the old name or the new one."""
    fresh = path.with_name(f".{path.name}.new")  # whoever holds the lock is alone here
    fresh.write_text(f"{os.getpid()}\n")
    fresh.chmod(0o600)
    fresh.replace(path)


def _is_there(directory: Path, locked: os.stat_result) -> bool:
    try:
        found = directory.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # a failing disk says nothing about whose directory it is
        return True
    return (found.st_dev, found.st_ino) == (locked.st_dev, locked.st_ino)


def _pid(path: Path) -> int:
    try:
        text = path.read_text(errors="replace").split()
    except OSError:
        return 0
    return int(text[0]) if text and text[0].isdecimal() else 0
