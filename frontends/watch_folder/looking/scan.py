"""One look at the whole folder: the truth about what lies there. Events only say when to look."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from frontends.watch_folder import paths
from frontends.watch_folder.looking import ignore

MAX_DEPTH = 16
MAX_DIRECTORIES = 10_000

Signature = tuple[int, int, int]


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


@dataclass
class Scan:
    """What one look found."""

    root_inode: int
    files: list[Seen] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    """Every directory that was entered, relative to the root (the root itself is ``""``)."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Names that stay where they are, with the reason: links, pipes, sockets, devices."""
    problems: list[str] = field(default_factory=list)
    """Directories that could not be read."""


def scan(root: Path) -> Scan:
    """Look at ``root`` and all directories below it that are not ignored; ``OSError`` when the root can't be read."""
    with paths.directory(root) as descriptor:
        found = Scan(os.fstat(descriptor).st_ino)
        _enter(descriptor, "", found)
    return found


def _enter(descriptor: int, prefix: str, found: Scan) -> None:
    found.directories.append(prefix.rstrip("/"))
    below: list[str] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not ignore.ignored_directory(entry.name):
                    below.append(entry.name)
            elif not ignore.ignored_file(entry.name):
                _note(entry, prefix, found)
    for name in sorted(below):
        if prefix.count("/") >= MAX_DEPTH or len(found.directories) >= MAX_DIRECTORIES:
            found.problems.append(f"{paths.shown(prefix + name)} lies too deep or there are too many folders")
            return
        _descend(descriptor, name, prefix, found)


def _descend(descriptor: int, name: str, prefix: str, found: Scan) -> None:
    try:
        child = os.open(name, paths.DIRECTORY, dir_fd=descriptor)
    except FileNotFoundError:
        return
    except OSError as error:
        found.problems.append(f"{paths.shown(prefix + name)} can't be read: {error.strerror}")
        return
    try:
        _enter(child, f"{prefix}{name}/", found)
    except OSError as error:
        found.problems.append(f"{paths.shown(prefix + name)} can't be read: {error.strerror}")
    finally:
        os.close(child)


def _note(entry: os.DirEntry[str], prefix: str, found: Scan) -> None:
    name = prefix + entry.name
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    except OSError as error:
        found.problems.append(f"{paths.shown(name)} can't be read: {error.strerror}")
        return
    if stat.S_ISREG(facts.st_mode):
        found.files.append(Seen(name, facts.st_ino, facts.st_size, facts.st_mtime_ns))
    elif stat.S_ISLNK(facts.st_mode):
        found.refused.append((name, "links are not followed"))
    else:
        found.refused.append((name, "it is not a regular file"))
