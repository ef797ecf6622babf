"""Make files and rows agree at start, before anything else runs.

What was being written is removed, what no row names goes to quarantine (never deleted: it may be somebody's picture),
and rows whose file is missing or has another size are reported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from storage.results.files import PART, make_directory
from storage.results.store import FOLDER
from storage.schema import pictures


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """Paths relative to the state directory."""

    parts_removed: int
    orphans_quarantined: tuple[str, ...]
    missing: tuple[str, ...]
    damaged: tuple[str, ...]


def recorded_sizes(connection: Connection) -> dict[str, int]:
    """Path and size of every recorded picture."""
    return {row.path: row.bytes for row in connection.execute(select(pictures.c.path, pictures.c.bytes))}


def recover_files(state_dir: Path, recorded: dict[str, int]) -> FileReport:
    """Walk the pictures once; cheap enough for 100,000 of them, because content is not read."""
    parts = 0
    orphans: list[str] = []
    damaged: list[str] = []
    found: set[str] = set()
    for entry in _files(state_dir / FOLDER):
        path = os.path.relpath(entry.path, state_dir)
        if entry.name.endswith(PART):
            os.unlink(entry.path)
            parts += 1
        elif path not in recorded:
            _quarantine(state_dir, Path(entry.path))
            orphans.append(path)
        else:
            found.add(path)
            if entry.stat(follow_symlinks=False).st_size != recorded[path]:
                damaged.append(path)
    parts += _remove_parts(state_dir / "inputs")
    missing = tuple(sorted(set(recorded) - found))
    return FileReport(parts_removed=parts, orphans_quarantined=tuple(orphans), missing=missing, damaged=tuple(damaged))


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            else:
                yield entry


def _remove_parts(folder: Path) -> int:
    parts = [entry.path for entry in _files(folder) if entry.name.endswith(PART)]
    for part in parts:
        os.unlink(part)
    return len(parts)


def _quarantine(state_dir: Path, path: Path) -> None:
    target = state_dir / "quarantine"
    make_directory(target)
    os.replace(path, target / path.name)
