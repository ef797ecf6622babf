"""Input pictures by content: ``inputs/<sha256>.png``, already checked and re-encoded by the service."""

from __future__ import annotations

import hashlib
from pathlib import Path

from config.errors import NotFoundError
from storage.results.files import write_durably

FOLDER = "inputs"


def save(state_dir: Path, png: bytes) -> str:
    """Make it durable; its digest. Saving the same bytes twice is one file. Raises ``OSError``."""
    digest = hashlib.sha256(png).hexdigest()
    path = _path(state_dir, digest)
    if not path.exists():
        # A name of its own while it is written: two people may send the same picture at once.
        write_durably(path, png)
    return digest


def load(state_dir: Path, digest: str) -> bytes:
    """The bytes. Raises :class:`NotFoundError` for a digest that was never saved."""
    try:
        return _path(state_dir, digest).read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"there is no input picture {digest[:12]}...", field="image") from None


def _path(state_dir: Path, digest: str) -> Path:
    return state_dir / FOLDER / f"{digest}.png"
