"""One sha256 for all that decides the pixels of a model: its parts and their index, not its card or examples."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from pipeline.models import content

Stamp = tuple[int, int, int]
"""Size, mtime in nanoseconds and inode: while these are the same, the file counts as unchanged."""


def files_of(root: Path) -> list[str]:
    """Relative names (with ``/``) of ``model_index.json`` and of all files of the parts it names, sorted."""
    index = content.read_json(root / "model_index.json")
    parts = [part for part, value in index.items() if isinstance(value, list) and value != [None, None]]
    names = ["model_index.json"]
    for part in parts:
        for folder, _, files in os.walk(root / part):
            names += [(Path(folder) / file).relative_to(root).as_posix() for file in files]
    return sorted(names)


def stamp(file: Path) -> Stamp:
    """Of one file, links followed."""
    facts = file.stat()
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def hashes_of(root: Path, hash_file: Callable[[Path], str] | None = None) -> dict[str, str]:
    """The sha256 of each file of :func:`files_of`. Reads every byte: call it from a thread.

    ``hash_file`` may know the hash of a file already (see :class:`pipeline.models.hashes.Hashes`).
    """
    hashed = hash_file or sha256_of
    return {name: hashed(root / name) for name in files_of(root)}


def combined(hashes: dict[str, str]) -> str:
    """sha256 over ``name NUL sha256 LF`` of each file."""
    total = hashlib.sha256()
    for name, hashed in hashes.items():
        total.update(f"{name}\0{hashed}\n".encode())
    return total.hexdigest()


def fingerprint(root: Path, hash_file: Callable[[Path], str] | None = None) -> str:
    """Of a whole folder; see :func:`hashes_of` and :func:`combined`."""
    return combined(hashes_of(root, hash_file))


def sha256_of(file: Path) -> str:
    """Of one file's content; ``ValueError`` for what is no regular file."""
    with content.opened(file) as readable:
        return hashlib.file_digest(readable, "sha256").hexdigest()
