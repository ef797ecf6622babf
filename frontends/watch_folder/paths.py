"""Opening and moving files in a directory that strangers write to.

Every step below the watched root is opened relative to the directory above it and never through a
symbolic link, so that swapping a directory for a link between two calls leads nowhere.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote_to_bytes

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = (
    os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)  # NONBLOCK: opening a pipe must not wait for its writer
PROCESSING = ".processing"
MAX_NAME_BYTES = 255

_RAW = "bytes:"


class NotAFileError(OSError):
    """It is not a regular file."""


@contextmanager
def directory(root: Path, parts: tuple[str, ...] = (), *, create: bool = False) -> Iterator[int]:
    """A descriptor of ``root/parts``. The root may be a link (the operator set it), nothing below it may."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            if part in ("", ".", "..") or "/" in part:
                raise NotAFileError(f"{part!r} is no name of a directory")
            if create:
                _make(part, descriptor)
            below = os.open(part, DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _make(name: str, parent: int) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, 0o700 if name == PROCESSING else 0o777, dir_fd=parent)


def open_file(name: str, parent: int) -> int:
    """A descriptor of a regular file directly in ``parent``; pipes and devices raise :class:`NotAFileError`."""
    descriptor = os.open(name, FILE, dir_fd=parent)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFileError(f"{name!r} is not a regular file")
    return descriptor


def split(name: str) -> tuple[tuple[str, ...], str]:
    """A name relative to the root, as the directories on the way and the file's own name."""
    *parents, own = PurePosixPath(name).parts
    return tuple(parents), own


def to_row(name: str) -> str:
    """A file name as text that a database holds: itself, or a quoted form when its bytes are not UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return _RAW + quote(os.fsencode(name))
    return _RAW + quote(name) if name.startswith(_RAW) else name


def from_row(text: str) -> str:
    """The file name that :func:`to_row` was given."""
    return os.fsdecode(unquote_to_bytes(text[len(_RAW) :])) if text.startswith(_RAW) else text


def shown(name: str) -> str:
    """A file name for people and for result names: control characters and bytes that are not UTF-8 become ``_``."""
    text = os.fsencode(name).decode(errors="replace").replace("\ufffd", "_")
    return "".join(character if character.isprintable() else "_" for character in text)


def fitted(stem: str, ending: str) -> str:
    """``stem + ending``, the stem cut so that the whole is a possible file name."""
    room = MAX_NAME_BYTES - len(os.fsencode(ending))
    raw = os.fsencode(stem)
    if len(raw) > room:
        raw = raw[:room]
        while raw and len(raw) < len(os.fsencode(stem)) and os.fsencode(stem)[len(raw)] & 0xC0 == 0x80:
            raw = raw[:-1]  # not within a character
    return os.fsdecode(raw) + ending
