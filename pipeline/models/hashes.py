"""Hashes of files that did not change since: a model of many gigabytes is read once, not at every look."""

from __future__ import annotations

from pathlib import Path

from pipeline.models.fingerprint import Stamp, sha256_of, stamp


class Hashes:
    """Remembers the sha256 of files by name, size, mtime and inode, for as long as the process lives."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, str]] = {}

    def sha256(self, file: Path) -> str:
        """The hash, read anew when the file changed."""
        now = stamp(file)
        known = self._known.get(file)
        if known is not None and known[0] == now:
            return known[1]
        found = sha256_of(file)
        self._known[file] = (now, found)
        return found
