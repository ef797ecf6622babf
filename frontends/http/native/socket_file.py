"""The control socket as a file: who may connect is its mode."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

from frontends.contract import Misconfigured

BACKLOG = 1024
MAX_PATH_BYTES = 107
"""What ``sun_path`` holds on Linux, without the closing NUL."""


def listen(path: Path, mode: int) -> socket.socket:
    """A listening stream socket at ``path``, reachable by those whom ``mode`` admits from the first moment on.

    A file that is there already was left by a daemon that is gone: this one holds the lock. The directory is made
    accessible to the owner alone, unless the mode lets others connect: then they may pass through it.
    """
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise Misconfigured(
            f"the path of the control socket is longer than {MAX_PATH_BYTES} bytes: {path}",
            field="state_dir",
            hint="use a shorter state_dir",
        )
    _make_directory(path.parent, mode)
    with suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound under a mask and opened up after, never the other way round.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise Misconfigured(f"can't make the control socket {path}: {error.strerror}", field="state_dir") from None
    finally:
        os.umask(before)
    os.chmod(path, mode)
    listener.listen(BACKLOG)
    return listener


def _make_directory(directory: Path, mode: int) -> None:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    passable = 0o700 | (0o010 if mode & 0o070 else 0) | (0o001 if mode & 0o007 else 0)
    with suppress(PermissionError):
        os.chmod(directory, passable)


def remove(path: Path, listener_inode: int) -> None:
    """Take the file away if it is still ours."""
    try:
        if path.stat().st_ino == listener_inode:
            path.unlink()
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
