"""At start: files and rows are made to agree, whatever the last run was doing when it ended.

A file without a row is one whose job did not get as far as its commit; it is set aside, not deleted. A row without
its file can only come from outside (a restored backup, a hand that tidied up), and is reported. Cheap at 100,000
pictures: contents are only read by :func:`is_whole`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from config.errors import NotFoundError
from storage import inputs
from storage.queue.job import Picture
from storage.results.files import PART, make_directory, sync_directory
from storage.results.store import DIRECTORY, PictureFiles
from storage.schema import pictures

QUARANTINE = "quarantine"
OLD_SECONDS = 600.0
"""What somebody else is still writing is younger."""


@dataclass(slots=True)
class FileReport:
    """What recovery found. Paths are relative to the state directory."""

    parts_removed: int = 0
    orphans_quarantined: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Recorded files that are gone."""
    damaged: list[str] = field(default_factory=list)
    """Recorded files that are no file, or of another size."""
    left: list[str] = field(default_factory=list)
    """Files that could be neither removed nor set aside."""


def recorded_sizes(connection: Connection) -> dict[str, int]:
    """Path and size of every recorded picture file."""
    rows = connection.execute(sa.select(pictures.c.path, pictures.c.bytes))
    return {row.path: row.bytes for row in rows}


def has_pictures(state_dir: Path) -> bool:
    """True when there is any picture file, recorded or not."""
    return any(entry.name.endswith(".png") for entry in _files(state_dir / DIRECTORY))


def recover_files(state_dir: Path, recorded: Mapping[str, int]) -> FileReport:
    """Remove half-written files, set aside files that no row names, find rows whose file is missing or cut.

    ``recorded`` is :func:`recorded_sizes`. Only while nothing saves pictures: a file is there before its row.
    """
    report = FileReport()
    found: set[str] = set()
    for entry in _files(state_dir / DIRECTORY):
        path = entry.path.removeprefix(f"{state_dir}/")
        if path in recorded:
            found.add(path)
            if not entry.is_file(follow_symlinks=False) or _size(entry) != recorded[path]:
                report.damaged.append(path)
        else:
            _tidy(state_dir, entry, path, report)
    for entry in _files(state_dir / inputs.DIRECTORY):
        if entry.name.endswith(PART):
            _tidy(state_dir, entry, entry.path.removeprefix(f"{state_dir}/"), report)
    for part in state_dir.glob(f".*{PART}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > OLD_SECONDS:  # a command may be writing one right now
                part.unlink()
                report.parts_removed += 1
    report.missing = sorted(path for path in recorded if path not in found)
    return report


def is_whole(files: PictureFiles, picture: Picture) -> bool:
    """True when the file is there with the sha256 that was recorded. Reads it."""
    try:
        data = files.read(picture.path)
    except NotFoundError:
        return False
    return hashlib.sha256(data).hexdigest() == picture.sha256


def _tidy(state_dir: Path, entry: os.DirEntry[str], path: str, report: FileReport) -> None:
    try:
        if entry.name.endswith(PART):
            os.unlink(entry.path)
            report.parts_removed += 1
        else:
            _set_aside(state_dir / QUARANTINE, Path(entry.path))
            report.orphans_quarantined.append(path)
    except OSError:
        report.left.append(path)


def _set_aside(quarantine: Path, path: Path) -> None:
    make_directory(quarantine)
    target, again = quarantine / path.name, 0
    while os.path.lexists(target):
        again += 1
        target = quarantine / f"{path.stem}.{again}{path.suffix}"
    os.rename(path, target)
    sync_directory(quarantine)
    sync_directory(path.parent)


def _size(entry: os.DirEntry[str]) -> int:
    return entry.stat(follow_symlinks=False).st_size


def _files(directory: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            here = list(entries)
    except FileNotFoundError:
        return
    for entry in here:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        else:
            yield entry
