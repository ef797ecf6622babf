"""Paths and who they belong to, as several checks need them."""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings

MOST_ENTRIES = 200_000
"""Nothing is walked through further than this: a look must end, whatever lies there."""


def existing(path: Path) -> Path:
    """The path itself, or the nearest directory above it. Raises ``PermissionError`` where that can't be told."""
    return next(each for each in (path, *path.parents) if each.exists())


def is_open(path: Path) -> bool:
    """Whether this user may look into a directory, or can't because there is none."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return os.access(path, os.R_OK | os.X_OK)


def user(uid: int) -> str:
    """The name of a user, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def me() -> str:
    """The user who looks."""
    return user(os.geteuid())


def as_owner(settings: Settings) -> str:
    """The command that looks as the user whom the state directory belongs to."""
    try:
        name = user(existing(settings.state_dir).stat().st_uid)
    except OSError:
        name = "mezzotint"
    return f"sudo -u {name} mezzotint doctor"


def entries(directory: Path, most: int = MOST_ENTRIES) -> Iterator[os.DirEntry[str]]:
    """Everything below a directory, links not followed, at most so many; what vanishes or is closed is left out."""
    waiting, seen = [str(directory)], 0
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                seen += 1
                if seen > most:
                    return
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def size(files: Iterator[os.DirEntry[str]]) -> tuple[int, int]:
    """How many files, and their bytes."""
    count = total = 0
    for entry in files:
        with contextlib.suppress(OSError):
            if not entry.is_dir(follow_symlinks=False):
                count, total = count + 1, total + entry.stat(follow_symlinks=False).st_size
    return count, total
