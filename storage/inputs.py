"""Input pictures, by content: ``inputs/<sha256>.png`` in the state directory. They are ours already: re-encoded PNG."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from config.errors import NotFoundError
from storage.results.files import failed, sync_directory, write_durably

DIRECTORY = "inputs"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def save(state_dir: Path, png: bytes) -> str:
    """Keep a picture; returns its sha256. Durable when this returns, and kept once however often it comes.

    Raises :class:`config.errors.RetryableError` when the disk is full or failing.
    """
    digest = hashlib.sha256(png).hexdigest()
    path = _path(state_dir, digest)
    try:
        whole = path.read_bytes() == png
        if whole:
            # A crash may have come between the rename and this sync.
            sync_directory(path.parent)
    except FileNotFoundError:
        whole = False
    except OSError as error:
        raise failed(path, error) from error
    if not whole:
        write_durably(path, png)
    return digest


def load(state_dir: Path, digest: str) -> bytes:
    """The picture of this sha256; :class:`NotFoundError` when none was taken in."""
    if not _DIGEST.fullmatch(digest):
        raise NotFoundError("that is not the sha256 of an input picture")
    try:
        return _path(state_dir, digest).read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"there is no input picture {digest}") from None


def _path(state_dir: Path, digest: str) -> Path:
    return state_dir / DIRECTORY / f"{digest}.png"
