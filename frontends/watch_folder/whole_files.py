"""Writing and moving files so that whoever watches the target sees whole files only, and a power cut loses none."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from frontends.watch_folder import paths


def write(target: Path, data: bytes) -> None:
    """Replace ``target`` by ``data``: hidden temporary in the same directory, fsync, rename, fsync of the directory."""
    _write(target, lambda file: file.write(data) and None)


def _write(target: Path, fill: Callable[[BinaryIO], object]) -> None:
    make_directory(target.parent)
    temporary = target.parent / f".{secrets.token_hex(8)}.part"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _mode(target.parent) & 0o666)
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(target.parent)


def make_directory(path: Path) -> None:
    """Create ``path`` and what is missing above it, each entry durable."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(_mode(path.parent))
    sync(path.parent)


def _mode(directory: Path) -> int:
    """What is made in a directory may be read by whoever may read that: an outbox is shared by its own mode."""
    return stat.S_IMODE(directory.stat().st_mode) & 0o2777


def sync(directory: Path) -> None:
    """Make the entries of a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(name: str, parent: int, target: Path) -> None:
    """Bring the file ``name`` of the open directory ``parent`` to ``target``, also across file systems."""
    make_directory(target.parent)
    try:
        os.rename(name, target, src_dir_fd=parent)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with os.fdopen(paths.open_file(name, parent), "rb") as source:
            _write(target, lambda file: shutil.copyfileobj(source, file))
        os.unlink(name, dir_fd=parent)
    sync(target.parent)


def free_name(directory: Path, name: str) -> Path:
    """``directory/name``, or with ``.2``, ``.3`` ... before its last ending when that is taken."""
    stem, ending = os.path.splitext(name)
    candidate, number = directory / name, 1
    while os.path.lexists(candidate):
        number += 1
        candidate = directory / paths.fitted(stem, f".{number}{ending}")
    return candidate
