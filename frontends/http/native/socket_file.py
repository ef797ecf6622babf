"""The control socket as a file: who may connect is its mode."""

from __future__ import annotations

import errno
import grp
import os
import socket
from contextlib import suppress
from pathlib import Path

from frontends.contract import Misconfigured

BACKLOG = 1024
MAX_PATH_BYTES = 107
"""What ``sun_path`` holds on Linux, without the closing NUL."""


def listen(path: Path, mode: int, *, group: str | None = None, placed: bool = False) -> socket.socket:
    """A listening stream socket at ``path``, reachable by those whom ``mode`` admits from the first moment on.

    A file that is there already was left by a daemon that is gone: this one holds the lock. The directory is made
    accessible to the owner alone, unless the mode lets others connect: then they may pass through it. One that the
    operator ``placed`` it in keeps its rights. With a ``group`` the socket is given to that group first.
    """
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise Misconfigured(
            f"the path of the control socket is longer than {MAX_PATH_BYTES} bytes: {path}",
            field="http.socket_path" if placed else "state_dir",
            hint="use a shorter path" if placed else "use a shorter state_dir",
        )
    gid = None if group is None else _gid(group)
    _make_directory(path.parent, mode, keep=placed)
    with suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound under a mask and opened up after, never the other way round.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise _impossible(path, error, placed) from None
    finally:
        os.umask(before)
    try:
        if gid is not None:
            _give(path, gid, str(group))
        os.chmod(path, mode)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        path.unlink(missing_ok=True)
        raise
    return listener


def _gid(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise Misconfigured(
            f"there is no group {group!r} for the control socket", field="http.socket_group", hint=f"groupadd {group}"
        ) from None


def _give(path: Path, gid: int, group: str) -> None:
    """Into the group, unless the directory's set-group-ID bit has done that already."""
    if path.stat().st_gid == gid:
        return
    try:
        os.chown(path, -1, gid)
    except OSError as error:
        raise Misconfigured(
            f"the control socket can't be given to the group {group}: {error.strerror}",
            field="http.socket_group",
            hint=f"make the user of the daemon a member of {group}; as a service leave socket_group out, "
            "the directory of the socket decides",
        ) from None


def _impossible(path: Path, error: OSError, placed: bool) -> Misconfigured:
    return Misconfigured(
        f"can't make the control socket {path}: {error.strerror}",
        field="http.socket_path" if placed else "state_dir",
        hint="as a service: systemd-tmpfiles --create mezzotint.conf" if placed else None,
    )


def _make_directory(directory: Path, mode: int, *, keep: bool) -> None:
    if keep and directory.is_dir():
        return
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _impossible(directory, error, keep) from None
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
