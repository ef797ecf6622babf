"""One look at the folder or a part of it: the truth about what lies there. Events only say when to look.

The files come one at a time and are not kept: a folder may hold a million of them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from frontends.files import paths
from frontends.watch_folder.looking import ignore

MAX_DEPTH = 16
MAX_DIRECTORIES = 10_000
MAX_TOLD = 1_000
"""Of what is refused or can't be read, so many are named."""

Signature = tuple[int, int, int]
Identity = tuple[int, int]
"""Device and inode of a directory: another directory under the same name has another."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file: its name relative to the root, and what must stay the same while nobody writes to it."""

    name: str
    inode: int
    size: int
    mtime_ns: int

    @property
    def signature(self) -> Signature:
        """Inode, size and time of change: one appearance of a file."""
        return (self.inode, self.size, self.mtime_ns)


class Scan:
    """A look, and what it found besides files. :meth:`files` is gone through once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.count = 0
        """Files so far."""
        self.directories: dict[str, Identity] = {}
        """Every directory that was entered, relative to the root (the root itself is ``""``)."""
        self.refused: list[tuple[str, str]] = []
        """Names that stay where they are, with the reason: links, pipes, sockets, devices."""
        self.problems: list[str] = []
        """Directories that could not be read."""

    def files(self, start: str = "") -> Iterator[Seen]:
        """All files below ``start``, but in directories that are ignored; ``OSError`` when the root can't be read."""
        if not start:
            with paths.directory(self._root) as descriptor:
                yield from self._enter(descriptor, "")
            return
        *above, name = start.split("/")
        try:
            with paths.directory(self._root, tuple(above)) as descriptor:
                yield from self._descend(descriptor, name, "".join(f"{part}/" for part in above))
        except OSError as error:
            self._problem(start, error.strerror)

    def _enter(self, descriptor: int, prefix: str) -> Iterator[Seen]:
        facts = os.fstat(descriptor)
        self.directories[prefix.rstrip("/")] = (facts.st_dev, facts.st_ino)
        below: list[str] = []
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not ignore.ignored_directory(entry.name) and len(below) < MAX_DIRECTORIES:
                        below.append(entry.name)
                elif not ignore.ignored_file(entry.name):
                    seen = self._note(entry, prefix)
                    if seen is not None:
                        self.count += 1
                        yield seen
        for name in sorted(below):
            if prefix.count("/") >= MAX_DEPTH or len(self.directories) >= MAX_DIRECTORIES:
                self._problem(prefix + name, "it lies too deep or there are too many folders")
                return
            yield from self._descend(descriptor, name, prefix)

    def _descend(self, descriptor: int, name: str, prefix: str) -> Iterator[Seen]:
        try:
            child = os.open(name, paths.DIRECTORY, dir_fd=descriptor)
        except FileNotFoundError:
            return
        except OSError as error:
            self._problem(prefix + name, error.strerror)
            return
        try:
            yield from self._enter(child, f"{prefix}{name}/")
        except OSError as error:
            self._problem(prefix + name, error.strerror)
        finally:
            os.close(child)

    def _note(self, entry: os.DirEntry[str], prefix: str) -> Seen | None:
        name = prefix + entry.name
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._problem(name, error.strerror)
            return None
        if stat.S_ISREG(facts.st_mode):
            return Seen(name, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        if len(self.refused) < MAX_TOLD:
            why = "links are not followed" if stat.S_ISLNK(facts.st_mode) else "it is not a regular file"
            self.refused.append((name, why))
        return None

    def _problem(self, name: str, why: str | None) -> None:
        if len(self.problems) < MAX_TOLD:
            self.problems.append(f"{paths.shown(name)} can't be read: {why}")
