"""The files of a model folder: which there are, and that nothing else is reached through them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline.models.findings import Finding

MAX_FILES = 5_000
MAX_DEPTH = 4
SKIPPED = frozenset({".git", ".cache"})
"""Folders that downloads leave behind. Nothing in them is ever loaded."""


def survey(root: Path) -> tuple[list[Path], list[Finding]]:
    """The regular files under ``root``, sorted, and a finding for each thing that is none or leads out of it."""
    files: list[Path] = []
    findings: list[Finding] = []
    for entry, depth in _walk(root, 0):
        name = os.path.relpath(entry.path, root)
        if len(files) >= MAX_FILES:
            return files, [*findings, Finding(".", f"holds more than {MAX_FILES} files")]
        if not name.isprintable():
            findings.append(Finding(ascii(name), "has a name with control characters"))
        elif problem := _problem(Path(entry.path), root, depth):
            findings.append(Finding(name, problem))
        else:
            files.append(Path(entry.path))
    return sorted(files), findings


def _walk(folder: Path, depth: int) -> Iterator[tuple[os.DirEntry[str], int]]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if not entry.is_dir(follow_symlinks=False):
            yield entry, depth
        elif entry.name not in SKIPPED:
            if depth >= MAX_DEPTH:
                yield entry, depth
            else:
                yield from _walk(Path(entry.path), depth + 1)


def _problem(path: Path, root: Path, depth: int) -> str | None:
    if path.is_symlink():
        target = Path(os.path.realpath(path))  # Path.resolve() raises for a link to itself
        if not target.is_relative_to(os.path.realpath(root)):
            return "is a link that leads out of the folder (put the file itself there)"
        if not target.is_file():
            return "is a link to something that is no file"
        return None
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return f"is nested deeper than {depth} folders"
    return None if stat.S_ISREG(mode) else "is no regular file"
