"""The calls that make a file durable, in the order in which they were made, and what is wrong with that order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

NAMES = ("open", "write", "fsync", "mkdir", "rename", "replace")
FILE, DIRECTORY = "fsync(file)", "fsync(directory)"

State = tuple[int, int]
"""Size and time of change: what is synced must be what gets its name."""


@dataclass(frozen=True)
class Call:
    """One call. ``what`` is ``open``, ``write``, ``fsync(file)``, ``fsync(directory)``, ``mkdir``, ``rename`` or
    ``COMMIT``."""

    what: str
    inode: int = 0
    state: State = (0, 0)
    into: int = 0
    """The directory that has a new name by this call."""
    holds: dict[int, State] = field(default_factory=dict)
    """What got its name by a rename: the file, or a directory and all that is in it."""

    def __str__(self) -> str:
        return self.what


@contextmanager
def recording(calls: list[Call], ignore: str = "") -> Iterator[None]:
    """Note the calls of ``os`` that succeed. Those of the kind ``ignore`` are not made: a promise that is broken."""
    real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in NAMES}

    def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        descriptor: int = real["open"](path, flags, *rest, **named)
        if flags & os.O_CREAT:
            calls.append(Call("open", os.fstat(descriptor).st_ino))
        return descriptor

    def wrote(descriptor: int, data: Any) -> int:
        count: int = real["write"](descriptor, data)
        calls.append(Call("write", os.fstat(descriptor).st_ino))
        return count

    def synced(descriptor: int) -> None:
        what = DIRECTORY if os.path.isdir(f"/proc/self/fd/{descriptor}") else FILE
        if what != ignore:
            real["fsync"](descriptor)
            facts = os.fstat(descriptor)
            calls.append(Call(what, facts.st_ino, _state(facts)))

    def made(path: Any, *rest: Any, dir_fd: int | None = None, **named: Any) -> None:
        real["mkdir"](path, *rest, dir_fd=dir_fd, **named)
        calls.append(Call("mkdir", into=_directory_of(path, dir_fd)))

    def renaming(name: str) -> Callable[..., None]:
        def renamed(source: Any, target: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
            holds = _all(_full(source, src_dir_fd))
            real[name](source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
            calls.append(Call("rename", into=_directory_of(target, dst_dir_fd), holds=holds))

        return renamed

    noted = {"open": opened, "write": wrote, "fsync": synced, "mkdir": made}
    for name in NAMES:
        setattr(os, name, noted.get(name) or renaming(name))
    try:
        yield
    finally:
        for name, call in real.items():
            setattr(os, name, call)


def wrong(calls: Sequence[Call]) -> list[str]:
    """What is not fsync(file) < rename < fsync(directory) < COMMIT; a directory that is made counts as a name."""
    found = []
    for place, call in enumerate(calls):
        if call.what == "rename":
            synced = {(each.inode, each.state) for each in calls[:place] if each.what in (FILE, DIRECTORY)}
            if not call.holds.items() <= synced:
                found.append(f"call {place}: a name for what was not synced as it is")
        if call.what in ("rename", "mkdir") and not _is_kept(calls[place:], call):
            found.append(f"call {place}: the directory of a {call} was not synced in time")
    return found


def _is_kept(calls: Sequence[Call], named: Call) -> bool:
    """True when the directory is synced before anything builds upon the name: the next one in it, or a row."""
    for later in calls[1:]:
        if later.what == DIRECTORY and later.inode == named.into:
            return True
        if later.what == "COMMIT" or (later.what == named.what == "rename" and later.into == named.into):
            return False
    return False


def _all(path: str) -> dict[int, State]:
    inside = [os.path.join(top, name) for top, below, files in os.walk(path) for name in (*below, *files)]
    return {facts.st_ino: _state(facts) for facts in map(os.lstat, (path, *inside))}


def _state(facts: os.stat_result) -> State:
    return facts.st_size, facts.st_mtime_ns


def _full(path: Any, descriptor: int | None) -> str:
    text = os.fsdecode(path)
    return text if descriptor is None else f"/proc/self/fd/{descriptor}/{text}"


def _directory_of(path: Any, descriptor: int | None) -> int:
    return os.stat(os.path.dirname(_full(path, descriptor)) or ".").st_ino
