"""The picture files under ``pictures/``: only files that rows name lie there."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from storage.results.files import write_durably
from storage.results.picture import NewPicture

__all__ = ["NewPicture", "PictureFiles"]

FOLDER = "pictures"


class PictureFiles:
    """Names come from our ids only. Methods block on the disk: call them off the event loop."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir

    def save(self, picture_id: str, png: bytes) -> str:
        """Make the file durable; its path relative to the state directory. Raises ``OSError``."""
        # Two letters from the end: ids of one hour begin alike, so only their chance part spreads.
        path = f"{FOLDER}/{picture_id[-2:]}/{picture_id}.png"
        write_durably(self._state_dir / path, png)
        return path

    def open(self, path: str) -> bytes:
        """The bytes of a recorded picture. Raises ``OSError``."""
        return (self._state_dir / path).read_bytes()

    def discard(self, path: str) -> None:
        """Remove a saved picture that got no row."""
        with contextlib.suppress(FileNotFoundError):
            (self._state_dir / path).unlink()

    def free_bytes(self) -> int:
        """Free space under the state directory, for this user."""
        return shutil.disk_usage(self._state_dir).free
