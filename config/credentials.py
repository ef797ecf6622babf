"""Secrets, each a file in the credentials directory: never in the environment, the arguments or the settings."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from config.errors import ConfigurationError, Problem

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
MAX_BYTES = 64 * 1024


def read(name: str, environ: Mapping[str, str]) -> str | None:
    """The secret in ``$CREDENTIALS_DIRECTORY/<name>`` without the white space around it; None when it was not given.

    Raises :class:`ConfigurationError` for a file that others may read, that is too long, empty or no text.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"not the name of a credential: {name!r}")
    directory = environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        return None
    path = Path(directory) / name
    try:
        return read_file(path)
    except FileNotFoundError:
        return None


def read_file(path: Path) -> str:
    """The secret in a file that the operator names; as :func:`read`, but ``FileNotFoundError`` when it is not there."""
    try:
        # Without waiting: opening a pipe would, until somebody writes into it.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(MAX_BYTES + 1) if stat.S_ISREG(status.st_mode) else b""
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _refused(path, f"can't be read: {error.strerror}", "make it readable for the service's user") from error
    return _checked(path, status, content)


def _checked(path: Path, status: os.stat_result, content: bytes) -> str:
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        raise _refused(path, "is not a regular file", "put the secret into a plain file")
    # systemd hands root's file to our user by an access list, whose mask then shows as the group's right to read.
    handed_over = status.st_uid == 0 and os.geteuid() != 0
    if mode & (0o037 if handed_over else 0o077):
        raise _refused(path, f"may be read by others (mode {stat.S_IMODE(mode):04o})", f"chmod 0600 {path}")
    if len(content) > MAX_BYTES:
        raise _refused(path, f"is longer than {MAX_BYTES} bytes", "put the secret alone into the file")
    try:
        secret = content.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise _refused(path, "is not UTF-8 text", "put the secret alone into the file") from error
    if not secret:
        raise _refused(path, "is empty", "put the secret into the file, or remove it")
    return secret


def _refused(path: Path, message: str, hint: str) -> ConfigurationError:
    return ConfigurationError.of(Problem(f"credential {path.name}", f"{path} {message}", hint))
