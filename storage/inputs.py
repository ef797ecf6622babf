"""Input pictures, by content: ``inputs/<sha256>.png`` in the state directory. They are ours already: re-encoded PNG."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from config.errors import NotFoundError
from storage.results.files import failed, sync_directory, write_durably

DIRECTORY = "inputs"
FRESH_SECONDS = 3600.0
"""A picture is used (its time of change says when) before the row of its job is there: for so long it is not unused."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_changing = threading.Lock()
"""Between a look at a picture and its removal nobody may ask for it."""


def save(state_dir: Path, png: bytes) -> str:
    """Keep a picture; returns its sha256. Durable when this returns, and kept once however often it comes.

    Raises :class:`config.errors.RetryableError` when the disk is full or failing.
    """
    digest = hashlib.sha256(png).hexdigest()
    path = _path(state_dir, digest)
    with _changing:
        _save(path, png)
    return digest


def claim(state_dir: Path, digest: str) -> None:
    """A request is about to name this picture: keep it.

    Raises :class:`NotFoundError` when none was taken in, :class:`config.errors.RetryableError` when the disk fails.
    """
    path = _path(state_dir, _checked(digest))
    with _changing:
        try:
            os.utime(path)
        except FileNotFoundError:
            raise _absent(digest) from None
        except OSError as error:
            raise failed(path, error) from error


def discard(state_dir: Path, digest: str) -> bool:
    """Remove a picture that no row names, unless somebody has just asked for it."""
    path = _path(state_dir, digest)
    with _changing:
        try:
            if time.time() - path.stat().st_mtime <= FRESH_SECONDS:
                return False
            path.unlink()
        except OSError:
            return False
    return True


def stored(state_dir: Path) -> Iterator[tuple[str, int, float]]:
    """``(sha256, bytes, seconds since 1970 when it was last asked for)`` of every picture."""
    try:
        entries = list(os.scandir(state_dir / DIRECTORY))
    except FileNotFoundError:
        return
    for entry in entries:
        digest = entry.name.removesuffix(".png")
        if entry.name != digest and _DIGEST.fullmatch(digest) and entry.is_file(follow_symlinks=False):
            found = entry.stat(follow_symlinks=False)
            yield digest, found.st_size, found.st_mtime


def _save(path: Path, png: bytes) -> None:
    try:
        whole = path.read_bytes() == png
        if whole:
            os.utime(path)
            # A crash may have come between the rename and this sync.
            sync_directory(path.parent)
    except FileNotFoundError:
        whole = False
    except OSError as error:
        raise failed(path, error) from error
    if not whole:
        write_durably(path, png)


def load(state_dir: Path, digest: str) -> bytes:
    """The picture of this sha256; :class:`NotFoundError` when none was taken in."""
    try:
        return _path(state_dir, _checked(digest)).read_bytes()
    except FileNotFoundError:
        raise _absent(digest) from None


def _checked(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise NotFoundError("that is not the sha256 of an input picture")
    return digest


def _absent(digest: str) -> NotFoundError:
    return NotFoundError(f"there is no input picture {digest}")


def _path(state_dir: Path, digest: str) -> Path:
    return state_dir / DIRECTORY / f"{digest}.png"
