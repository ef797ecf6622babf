"""Writing and moving files so that whoever watches the target sees whole files only, and a power cut loses none.

Others may write where results, endings and texts go. So everything is done in an open directory (:func:`directory`),
never by a path: a link in the way leads nowhere, also one that is put there between two calls.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from frontends.files import paths

FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def directory(root: Path, parts: tuple[str, ...] = ()) -> Iterator[int]:
    """A descriptor of ``root/parts``; what is missing is made, durably. Raises ``OSError`` when a link is in the way.

    ``root`` itself may be a link, and lie below links: the operator named it.
    """
    _make_root(root)
    with paths.directory(root, parts, make=_make) as descriptor:
        yield descriptor


def write(parent: int, name: str, data: bytes) -> None:
    """Put ``data`` under a name in an open directory: hidden temporary, fsync, rename, fsync of the directory."""
    _write(parent, name, lambda file: file.write(data) and None)


def move(source: int, name: str, parent: int, target: str) -> None:
    """Bring the file ``name`` of one open directory under ``target`` in another, also across file systems."""
    try:
        os.rename(name, target, src_dir_fd=source, dst_dir_fd=parent)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with os.fdopen(paths.open_file(name, source), "rb") as content:
            _write(parent, target, lambda file: shutil.copyfileobj(content, file))
        os.unlink(name, dir_fd=source)
    else:
        os.fsync(parent)


def free_name(parent: int, name: str) -> str:
    """``name``, or with ``.2``, ``.3`` ... before its last ending when that is taken in the open directory."""
    stem, ending = os.path.splitext(name)
    candidate, number = name, 1
    while paths.is_there(candidate, parent):
        number += 1
        candidate = paths.fitted(stem, f".{number}{ending}")
    return candidate


def _write(parent: int, name: str, fill: Callable[[BinaryIO], object]) -> None:
    temporary = f".{secrets.token_hex(8)}.part"
    descriptor = os.open(temporary, FRESH, 0o600, dir_fd=parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _mode(parent) & 0o666)
            fill(file)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=parent)
        raise
    os.fsync(parent)


def _make_root(path: Path) -> None:
    if path.is_dir():
        return
    _make_root(path.parent)
    with paths.directory(path.parent) as parent:
        _make(path.name, parent)


def _make(name: str, parent: int) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        return
    made = os.open(name, paths.DIRECTORY, dir_fd=parent)
    try:
        _share(made, _mode(parent))
    finally:
        os.close(made)
    os.fsync(parent)


def _share(directory: int, mode: int) -> None:
    try:
        os.fchmod(directory, mode)
    except PermissionError:  # a service may be forbidden to set the set-group-ID bit; the rest of the mode it may
        os.fchmod(directory, mode & 0o777)


def _mode(parent: int) -> int:
    """What is made in a directory may be read by whoever may read that: an outbox is shared by its own mode."""
    return stat.S_IMODE(os.fstat(parent).st_mode) & 0o2777
