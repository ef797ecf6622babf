"""File events as hints: something changed, look soon. What changed is found by looking.

created, modified, closed and moved all mean the same, because each of them is missing somewhere: a file moved in
is never closed, one renamed from ``x.part`` is only moved, a new folder's first file is often not reported at all.

Directories are watched one by one, so that ignored ones are not watched (and can't flood us), and the number is
bounded: what lies in further directories is found by the periodic scan.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

MAX_WATCHES = 64
MAX_RENAMED = 10_000

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]


class Hints(FileSystemEventHandler):
    """Watches directories and calls ``changed`` (from another thread) when something may have happened in one."""

    def __init__(self, root: Path, changed: Callable[[], None]) -> None:
        self._root = root
        self._changed = changed
        self._observer: BaseObserver | None = None
        self._watches: dict[str, ObservedWatch] = {}
        self._root_inode: int | None = None
        self._renamed: set[str] = set()
        self._lock = threading.Lock()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by the observer's thread."""
        if isinstance(event, FileMovedEvent):
            with self._lock:
                if len(self._renamed) < MAX_RENAMED:
                    self._renamed.add(os.path.relpath(os.fsdecode(event.dest_path), self._root))
        self._changed()

    def take_renamed(self) -> set[str]:
        """The names (relative to the root) that files got by a rename inside the folder since the last call."""
        with self._lock:
            renamed, self._renamed = self._renamed, set()
        return renamed

    def cover(self, directories: Iterable[str], root_inode: int) -> bool:
        """Watch these directories and no others; True when any is watched anew, so that it must be looked at once more.

        A root that was removed and made again has another inode, and its dead watch would stay silent for ever: all
        is armed anew then. Raises ``OSError`` when the kernel grants no watch.
        """
        if self._observer is not None and (root_inode != self._root_inode or not self._all_alive()):
            self.stop()
        if self._observer is None:
            observer = Observer()
            observer.start()
            self._observer, self._root_inode = observer, root_inode
        wanted = set(sorted(directories, key=lambda name: (name.count("/"), name))[:MAX_WATCHES])
        for name in self._watches.keys() - wanted:
            self._observer.unschedule(self._watches.pop(name))
        fresh = wanted - self._watches.keys()
        for name in sorted(fresh):
            self._watch(self._observer, name)
        return bool(fresh)

    def _watch(self, observer: BaseObserver, name: str) -> None:
        try:
            self._watches[name] = observer.schedule(self, str(self._root / name), recursive=False, event_filter=_EVENTS)
        except FileNotFoundError:
            return

    def _all_alive(self) -> bool:
        """``observer.is_alive()`` stays True when its emitters have died."""
        observer = self._observer
        return observer is not None and observer.is_alive() and all(emitter.is_alive() for emitter in observer.emitters)

    def stop(self) -> None:
        """Watch nothing."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(timeout=5)
        self._observer, self._watches, self._root_inode = None, {}, None
