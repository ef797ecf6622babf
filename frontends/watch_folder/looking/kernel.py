"""Where the hints come from: on Linux a kernel queue of the folder's own, elsewhere what watchdog offers.

With a queue of its own a folder that is flooded loses no notices of others, and we are told when notices were lost:
watchdog itself writes that to its log only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from threading import Thread

from watchdog.observers.api import BaseObserver, ObservedWatch

JOIN_SECONDS = 5.0


class Notices:
    """A running observer; ``overflowed`` is called from another thread. Raises ``OSError`` when there can't be one."""

    def __init__(self, overflowed: Callable[[], None]) -> None:
        self.observer, self._reader = _observer(overflowed)
        self.observer.start()

    def alive(self, watches: Collection[ObservedWatch]) -> bool:
        """False when anything that serves these has died; ``observer.is_alive()`` stays True when its emitters have."""
        reader = self._reader is None or self._reader.is_alive()
        emitters = {emitter.watch: emitter for emitter in self.observer.emitters}
        served = all(watch in emitters and emitters[watch].is_alive() for watch in watches)
        return reader and self.observer.is_alive() and served

    def stop(self) -> None:
        """End all its threads."""
        self.observer.stop()
        self.observer.join(timeout=JOIN_SECONDS)
        if self._reader is not None:
            self._reader.stop()  # type: ignore[attr-defined]  # a thread of watchdog's own kind
            self._reader.join(timeout=JOIN_SECONDS)


def _observer(overflowed: Callable[[], None]) -> tuple[BaseObserver, Thread | None]:
    if sys.platform != "linux":
        from watchdog.observers import Observer

        return Observer(), None
    from watchdog.observers.inotify import InotifyEmitter
    from watchdog.observers.inotify_c import InotifyEvent, InotifyFD

    class Queue(InotifyFD):
        """The kernel's queue of one folder."""

        def handle_event(self, event: InotifyEvent) -> None:
            super().handle_event(event)
            if event.is_queue_overflow:
                overflowed()

    queue = Queue()
    queue.start()
    return BaseObserver(InotifyEmitter, inotify_fd=queue), queue
