"""When is a file finished? Pure bookkeeping over looks; knows no clock and no disk.

"Closed" is no answer: scanners re-open a file several times, and a file moved in is never closed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from frontends.watch_folder.looking.scan import Seen, Signature


@dataclass(slots=True)
class _Watch:
    signature: Signature
    since_ms: int
    looks: int
    complete: bool


class Stability:
    """A file is stable when inode, size and time of change stayed the same for two looks and a while."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watch] = {}

    def look(self, files: Iterable[Seen], complete: set[str], now: int) -> None:
        """Take in one scan. ``complete`` names files that arrived by a rename inside the folder: those are whole."""
        before, self._watched = self._watched, {}
        for seen in files:
            watch = before.get(seen.name)
            if watch is None or watch.signature != seen.signature:
                watch = _Watch(seen.signature, now, 0, False)
            watch.looks += 1
            watch.complete = watch.complete or seen.name in complete
            self._watched[seen.name] = watch

    def unchanged_ms(self, seen: Seen, now: int) -> int:
        """For how long the file has looked like this."""
        return now - self._watched[seen.name].since_ms

    def is_stable(self, seen: Seen, settle_ms: int, now: int) -> bool:
        """True when it may be taken."""
        watch = self._watched[seen.name]
        return watch.complete or (watch.looks >= 2 and now - watch.since_ms >= settle_ms)

    def start_over(self, name: str, now: int) -> None:
        """Somebody still writes to this file although it looks the same."""
        watch = self._watched[name]
        watch.since_ms, watch.looks, watch.complete = now, 1, False

    def due(self, files: Iterable[Seen], delays: Callable[[Seen], tuple[int, ...]], now: int) -> int | None:
        """The next time at which one of these files may be taken; None: never.

        Each may be taken one of its ``delays`` (milliseconds) after its last change.
        """
        times: list[int] = []
        for seen in files:
            watch = self._watched[seen.name]
            times += [
                watch.since_ms + delay for delay in delays(seen) if watch.looks < 2 or watch.since_ms + delay > now
            ]
        return max(min(times), now) if times else None
