"""One daemon per state directory: an exclusive ``flock`` on a file, freed by the kernel however the process ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import AlreadyRunningError, FatalError, RetryableError
from config.os_errors import passes

RETRY_SECONDS = (0.02, 0.05, 0.1)
"""Whoever only looks (see :func:`owner`) has the lock for a moment too."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock; raises :class:`AlreadyRunningError` (with the owner's pid) when another process has it."""
    descriptor = _opened(path)
    try:
        if not _taken(descriptor):
            raise AlreadyRunningError(
                f"another daemon (pid {_pid(descriptor)}) owns {path.parent.parent}",
                hint="stop it first, or set another MEZZOTINT_STATE_DIR",
            )
        with contextlib.suppress(OSError):  # on a full disk nobody is told our pid; the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def beside(control_socket: Path) -> Path:
    """The lock of the daemon that has this control socket."""
    return control_socket.with_name("daemon.lock")


def owner(path: Path) -> int | None:
    """The pid of the daemon that holds the lock, None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(descriptor)
    finally:
        os.close(descriptor)
    return None


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        kind = RetryableError if passes(error) else FatalError
        raise kind(f"the lock file {path} can't be opened: {error.strerror}") from error


def _taken(descriptor: int) -> bool:
    for pause in (*RETRY_SECONDS, None):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if pause is not None:
                time.sleep(pause)
        else:
            return True
    return False


def _pid(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0).split()
    return int(text[0]) if text and text[0].isdigit() else 0
