"""Copies a file and takes its hash on the way.

Copies, not hard links: a link shares its bytes with the original, so that what damages one damages the other, and that
is what a backup is kept against.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from pathlib import Path
from typing import BinaryIO

from config.errors import RetryableError
from storage.results.files import make_directory

PIECE = 1024 * 1024


class CancelledError(RetryableError):
    """It was called off before it had ended; nothing is left of it."""


class Going:
    """Whether to go on, and how far it has come. One thread works, others look and call it off."""

    def __init__(self) -> None:
        self._off = threading.Event()
        self.doing = "starting"
        self.done = 0
        self.total = 0

    def call_off(self) -> None:
        """Make the next :meth:`on` raise."""
        self._off.set()

    @property
    def called_off(self) -> bool:
        """Whether somebody did."""
        return self._off.is_set()

    def on(self, doing: str | None = None, *, done: int | None = None, total: int | None = None) -> None:
        """Note how far it is; raises :class:`CancelledError` when it was called off."""
        self.doing = doing or self.doing
        self.done = self.done if done is None else done
        self.total = self.total if total is None else total
        if self._off.is_set():
            raise CancelledError


class UnreadableError(OSError):
    """The file that was to be copied is there and can't be read."""


def copied(source: Path, target: Path, going: Going) -> tuple[str, int]:
    """Copy a plain file to a new one, durably; its sha256 and size.

    Raises ``FileNotFoundError`` when there is none, :class:`UnreadableError` with nothing left at ``target``, and
    ``OSError`` when the copy can't be written.
    """
    make_directory(target.parent)
    with _reading(source) as file, open(target, "xb", opener=_private) as out:
        digest, size = hashlib.sha256(), 0
        while piece := _piece(file, target):
            going.on()
            out.write(piece)
            digest.update(piece)
            size += len(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


def written(target: Path, data: bytes) -> None:
    """Write a new file, durably."""
    with open(target, "xb", opener=_private) as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def digest_of(path: Path, going: Going) -> tuple[str, int]:
    """The sha256 and size of a plain file. Raises ``OSError``."""
    with _reading(path) as file:
        digest, size = hashlib.sha256(), 0
        while piece := file.read(PIECE):
            going.on()
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _piece(file: BinaryIO, target: Path) -> bytes:
    try:
        return file.read(PIECE)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise UnreadableError(error.errno, error.strerror, file.name) from error


def _reading(path: Path) -> BinaryIO:
    def opener(name: str, flags: int) -> int:
        descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileNotFoundError(errno.ENOENT, "it is not a file", name)
        return descriptor

    try:
        return open(path, "rb", opener=opener)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise  # nothing is wrong with the file
        raise UnreadableError(error.errno, error.strerror, str(path)) from error


def _private(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_NOFOLLOW, 0o600)
