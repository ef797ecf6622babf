"""The control socket as a file: who may connect is its mode."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from frontends.contract import Misconfigured

BACKLOG = 1024
ANSWER_SECONDS = 1.0
MAX_PATH_BYTES = 107
"""What ``sun_path`` holds on Linux, without the closing NUL."""


def listen(path: Path, mode: int, *, own_directory: bool = True) -> socket.socket:
    """A listening stream socket at ``path``, reachable by those whom ``mode`` admits from the first moment on.

    A socket that is there already, and that nobody answers, was left by a daemon that is gone. ``own_directory`` says
    that the directory is ours: it is made accessible to the owner alone, unless the mode lets others connect; then
    they may pass through it. Another one is left as its owner made it.
    """
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise Misconfigured(
            f"the path of the control socket is longer than {MAX_PATH_BYTES} bytes: {path}",
            field="state_dir",
            hint="use a shorter state_dir",
        )
    if own_directory:
        _make_directory(path.parent, mode)
    _make_way(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound under a mask and opened up after, never the other way round.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"can't make the control socket {path}: {error.strerror}",
            field="state_dir" if own_directory else "http.socket_path",
        ) from None
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


def _make_way(path: Path) -> None:
    """Remove what a dead daemon left; nothing else, whatever path was set."""
    try:
        left = path.lstat()
    except OSError:
        return
    if not stat.S_ISSOCK(left.st_mode):
        raise Misconfigured(f"{path} is there already and is no socket", field="http.socket_path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(ANSWER_SECONDS)
        answered = caller.connect_ex(str(path))
    if answered == 0:
        raise Misconfigured(
            f"another daemon listens at {path}", field="http.socket_path", hint="give each daemon a path of its own"
        )
    # Anything else, such as a full backlog or a socket of somebody else, does not say that nobody is there.
    if answered not in (errno.ECONNREFUSED, errno.ENOENT):
        raise Misconfigured(
            f"{path} is a socket that may be in use: {os.strerror(answered)}",
            field="http.socket_path",
            hint="give this daemon a path of its own, or remove the socket if nobody listens there any more",
        )
    path.unlink(missing_ok=True)


def remove(path: Path, listener_inode: int) -> None:
    """Take the file away if it is still ours."""
    try:
        if path.stat().st_ino == listener_inode:
            path.unlink()
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
