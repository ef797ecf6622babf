"""The control socket: its path, whether somebody answers, and who may use it."""

from __future__ import annotations

import grp
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from config.checks import SOCKET_PATH_BYTES
from config.settings import Settings
from daemon import lock
from daemon.doctor.finding import Finding, graded
from daemon.doctor.places import as_owner, me, user

PATIENCE_SECONDS = 2.0
LOG = "journalctl -u mezzotint -n 50"


def check_control_socket(settings: Settings) -> Iterator[Finding]:
    """Does its path fit into an address, and does the daemon answer on it?"""
    path = settings.control_socket
    length = len(os.fsencode(path))
    if length > SOCKET_PATH_BYTES:
        detail = f"{path} has {length} bytes, {SOCKET_PATH_BYTES} are possible"
        yield Finding("control socket", "fail", detail, "choose a shorter MEZZOTINT_STATE_DIR")
        return
    if not path.exists():
        runs = lock.owner(settings.lock_file) is not None
        detail = (
            "a daemon runs but has no socket" if runs else f"none; its path has {length} of {SOCKET_PATH_BYTES} bytes"
        )
        yield graded("control socket", detail, f"look at its log: {LOG}" if runs else None, "fail")
        return
    yield _rights(path)
    refused = _refused(path)
    if refused is None:
        yield Finding("control socket", "ok", "the daemon answers")
    elif isinstance(refused, PermissionError):
        yield Finding("control socket", "warn", f"{me()} may not use {path}", _admission(settings, path))
    elif lock.owner(settings.lock_file) is None:
        yield Finding("control socket", "ok", "left by a daemon that ended; the next one replaces it")
    else:
        detail = f"a daemon runs but its socket does not answer ({refused})"
        yield Finding("control socket", "fail", detail, f"look at its log: {LOG}")


def _rights(path: Path) -> Finding:
    about = path.stat()
    mode = stat.S_IMODE(about.st_mode)
    detail = f"of {user(about.st_uid)} and the group {_group(about.st_gid)} ({mode:04o})"
    hint = 'http.socket_mode = "0660" admits the group alone' if mode & 0o007 else None
    return graded("control socket rights", detail, hint)


def _admission(settings: Settings, path: Path) -> str:
    """The group, where the socket is for one; nobody is ever sent into the group of root."""
    about = path.stat()
    if about.st_mode & stat.S_IWGRP and about.st_gid != 0:
        return f"sudo usermod -aG {_group(about.st_gid)} {me()}, then log in anew"
    return as_owner(settings)


def _refused(path: Path) -> OSError | None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        try:
            connection.connect(str(path))
        except OSError as error:
            return error
    return None


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
