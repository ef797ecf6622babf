"""A power cut without one: what a file system may have kept of a run, made from a record of what was asked of it.

Only what was synced is sure. Of the rest a real disk keeps anything: data of a file that was not fsynced may be there,
cut or missing; a name whose directory was not fsynced may be the old one or the new one. The database counts as
atomic: its commits are synced by SQLite, and each is recorded here as a copy of the file.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Recorder:
    """The calls of one run, in order: ``("write", inode, bytes)``, ``("fsync", inode)``, ``("name", path, inode)``,
    ``("unname", path)``, ``("fsync directory", path)``, ``("commit", copy of the database)``."""

    root: Path
    events: list[tuple[Any, ...]] = field(default_factory=list)

    def commit(self, copy: bytes) -> None:
        self.events.append(("commit", copy))

    @contextmanager
    def recording(self, *, ignore_fsync: bool = False) -> Iterator[None]:
        """Wrap the calls of ``os`` that count. With ``ignore_fsync`` those of files are not noted: a broken promise."""
        kept = {name: getattr(os, name) for name in ("open", "write", "fsync", "replace", "unlink")}

        def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            descriptor: int = kept["open"](path, flags, *rest, **named)
            if flags & os.O_CREAT:
                self.events.append(("name", str(path), os.fstat(descriptor).st_ino))
            return descriptor

        def wrote(descriptor: int, data: Any) -> int:
            count: int = kept["write"](descriptor, data)
            self.events.append(("write", os.fstat(descriptor).st_ino, bytes(data[:count])))
            return count

        def synced(descriptor: int) -> None:
            kept["fsync"](descriptor)
            place = os.readlink(f"/proc/self/fd/{descriptor}")
            if os.path.isdir(place):
                self.events.append(("fsync directory", place))
            elif not ignore_fsync:
                self.events.append(("fsync", os.fstat(descriptor).st_ino))

        def replaced(source: Any, target: Any, **named: Any) -> None:
            inode = os.stat(source).st_ino
            kept["replace"](source, target, **named)
            self.events += [("name", str(target), inode), ("unname", str(source))]

        def unlinked(path: Any, **named: Any) -> None:
            kept["unlink"](path, **named)
            self.events.append(("unname", str(path)))

        for name, call in (
            ("open", opened),
            ("write", wrote),
            ("fsync", synced),
            ("replace", replaced),
            ("unlink", unlinked),
        ):
            setattr(os, name, call)
        try:
            yield
        finally:
            for name, call in kept.items():
                setattr(os, name, call)


def after_cut(events: list[tuple[Any, ...]], chance: random.Random) -> tuple[dict[str, bytes], bytes | None]:
    """One state that a cut after these events may leave: the files by path, and the database."""
    data: dict[int, bytes] = {}
    sure: dict[int, int] = {}
    names: dict[str, int] = {}
    kept: dict[str, int] = {}
    database: bytes | None = None
    for what, *given in events:
        if what == "write":
            data[given[0]] = data.get(given[0], b"") + given[1]
        elif what == "fsync":
            sure[given[0]] = len(data.get(given[0], b""))
        elif what == "name":
            names[given[0]] = given[1]
        elif what == "unname":
            names.pop(given[0], None)
        elif what == "fsync directory":
            kept = _synced(kept, names, given[0])
        else:
            database = given[0]
    for path in sorted(set(names) | set(kept)):
        if names.get(path) != kept.get(path) and chance.random() < 0.5:
            kept = _with(kept, path, names.get(path))
    return {path: _left(data.get(inode, b""), sure.get(inode, 0), chance) for path, inode in kept.items()}, database


def _synced(kept: dict[str, int], names: dict[str, int], directory: str) -> dict[str, int]:
    elsewhere = {path: inode for path, inode in kept.items() if os.path.dirname(path) != directory}
    return elsewhere | {path: inode for path, inode in names.items() if os.path.dirname(path) == directory}


def _with(kept: dict[str, int], path: str, inode: int | None) -> dict[str, int]:
    without = {name: each for name, each in kept.items() if name != path}
    return without if inode is None else {**without, path: inode}


def _left(data: bytes, sure: int, chance: random.Random) -> bytes:
    """What was synced, and any part of the rest."""
    return data[: chance.choice((sure, len(data), chance.randint(sure, len(data))))]
