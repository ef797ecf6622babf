"""File events as hints: something changed, look soon. What changed is found by looking.

created, modified, closed and moved all mean the same, because each of them is missing somewhere: a file moved in
is never closed, one renamed from ``x.part`` is only moved, a new folder's first file is often not reported at all.

Directories are watched one by one, so that ignored ones are not watched (and can't flood us), and the number is
bounded: what lies in further directories is found by the periodic scan.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import ObservedWatch

from frontends.watch_folder.looking.kernel import Notices
from frontends.watch_folder.looking.scan import Identity

MAX_WATCHES = 64
MAX_RENAMED = 10_000

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]


class Hints(FileSystemEventHandler):
    """Watches directories and calls ``changed`` (from another thread) when something may have happened in one."""

    def __init__(self, root: Path, changed: Callable[[], None]) -> None:
        self._root = root
        self._changed = changed
        self._notices: Notices | None = None
        self._watches: dict[str, tuple[ObservedWatch, Identity]] = {}
        self._renamed: set[str] = set()
        self._overflowed = False
        self._lock = threading.Lock()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by the observer's thread."""
        if isinstance(event, FileMovedEvent):
            with self._lock:
                if len(self._renamed) < MAX_RENAMED:
                    self._renamed.add(os.path.relpath(os.fsdecode(event.dest_path), self._root))
        self._changed()

    def _overflow(self) -> None:
        """Called by the reader's thread: the kernel had more to tell than it could keep."""
        self._overflowed = True
        self._changed()

    def take_renamed(self) -> set[str]:
        """The names (relative to the root) that files got by a rename inside the folder since the last call."""
        with self._lock:
            renamed, self._renamed = self._renamed, set()
        return renamed

    def take_overflow(self) -> bool:
        """True when events were lost since the last call."""
        overflowed, self._overflowed = self._overflowed, False
        return overflowed

    def dead(self, directories: Mapping[str, Identity]) -> bool:
        """True when what we hold can't tell of these directories any more: all of it must be armed anew.

        A root that was removed and made again, or over which something was mounted, is another one, and its old watch
        stays silent for ever.
        """
        if self._notices is None:
            return False
        same = [watch for name, (watch, identity) in self._watches.items() if directories.get(name) == identity]
        _, root = self._watches.get("", (None, None))
        return (root is not None and root != directories.get("", root)) or not self._notices.alive(same)

    def cover(self, directories: Mapping[str, Identity]) -> bool:
        """Watch these directories and no others; True when any is watched anew, so that it must be looked at once more.

        Raises ``OSError`` when the kernel grants no watch.
        """
        if self.dead(directories):
            self.stop()
        if self._notices is None:
            self._notices = Notices(self._overflow)
        wanted = set(sorted(directories, key=lambda name: (name.count("/"), name))[:MAX_WATCHES])
        for name, (watch, identity) in list(self._watches.items()):
            if name not in wanted or directories[name] != identity:
                self._notices.observer.unschedule(watch)
                del self._watches[name]
        fresh = wanted - self._watches.keys()
        for name in sorted(fresh):
            self._watch(self._notices, name, directories[name])
        return bool(fresh)

    def _watch(self, notices: Notices, name: str, identity: Identity) -> None:
        try:
            watch = notices.observer.schedule(self, str(self._root / name), recursive=False, event_filter=_EVENTS)
        except (FileNotFoundError, NotADirectoryError):
            return
        self._watches[name] = (watch, identity)

    def stop(self) -> None:
        """Watch nothing."""
        if self._notices is not None:
            self._notices.stop()
        self._notices, self._watches = None, {}
