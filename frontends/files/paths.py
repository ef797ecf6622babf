"""Opening and moving files in a directory that strangers write to.

Every step below the watched root is opened relative to the directory above it and never through a
symbolic link, so that swapping a directory for a link between two calls leads nowhere.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
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
def directory(
    root: Path, parts: tuple[str, ...] = (), *, make: Callable[[str, int], None] | None = None
) -> Iterator[int]:
    """A descriptor of ``root/parts``. The root may be a link (the operator set it), nothing below it may.

    ``make`` is given each name with its parent first, to make what is missing. Raises ``OSError``: ``ELOOP`` when a
    link is in the way.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            if part in ("", ".", "..") or "/" in part:
                raise NotAFileError(f"{part!r} is no name of a directory")
            if make is not None:
                make(part, descriptor)
            below = _open(part, descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _open(name: str, parent: int) -> int:
    try:
        return os.open(name, DIRECTORY, dir_fd=parent)
    except NotADirectoryError as error:
        if _is_link(name, parent):  # the system doesn't tell a link from a file
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from error
        raise


def _is_link(name: str, parent: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except OSError:
        return False


def make(name: str, parent: int) -> None:
    """Make a directory of a watched folder; what is in our hands is for us alone."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o700 if name == PROCESSING else 0o777, dir_fd=parent)


def is_there(name: str, parent: int) -> bool:
    """True when the open directory has anything of this name, if only a link that leads nowhere."""
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


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
