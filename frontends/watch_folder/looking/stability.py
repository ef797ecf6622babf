"""When is a file finished? Pure bookkeeping over looks; knows no clock and no disk.

"Closed" is no answer: scanners re-open a file several times, and a file moved in is never closed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from frontends.watch_folder.looking.scan import Seen


@dataclass(slots=True)
class _Watch:
    seen: Seen
    first_ms: int
    """When it appeared."""
    since_ms: int
    """When it began to look as it does."""
    met_ms: int = 0
    """When it was last seen beside what belongs to it."""
    looks: int = 0
    complete: bool = False


class Stability:
    """A file is stable when inode, size and time of change stayed the same for two looks and a while."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watch] = {}

    def look(
        self, files: Iterable[Seen], complete: set[str], now: int, covers: Callable[[str], bool] | None = None
    ) -> None:
        """Take in one look. ``complete`` names files that arrived by a rename inside the folder: those are whole.

        What the look does not ``cover`` is remembered as it was.
        """
        before = self._watched
        self._watched = {name: watch for name, watch in before.items() if covers is not None and not covers(name)}
        for seen in files:
            watch = before.get(seen.name)
            if watch is None or watch.seen.signature != seen.signature:
                appeared = watch.first_ms if watch is not None and watch.seen.inode == seen.inode else now
                watch = _Watch(seen, appeared, now)
            watch.looks += 1
            watch.complete = watch.complete or seen.name in complete
            self._watched[seen.name] = watch

    def meet(self, seen: Seen, now: int) -> None:
        """What belongs to this file lies beside it."""
        self._watched[seen.name].met_ms = now

    def alone_ms(self, seen: Seen, now: int) -> int:
        """For how long the file has looked like this, with nothing beside it that belongs to it."""
        watch = self._watched[seen.name]
        return now - max(watch.since_ms, watch.met_ms)

    def is_stable(self, seen: Seen, settle_ms: int, now: int, age_ms: int = 0) -> bool:
        """True when it may be taken: it has settled (or is complete), and appeared at least ``age_ms`` ago."""
        watch = self._watched[seen.name]
        if now - watch.first_ms < age_ms:
            return False
        return watch.complete or (watch.looks >= 2 and now - watch.since_ms >= settle_ms)

    def start_over(self, name: str, now: int) -> None:
        """Somebody still writes to this file although it looks the same."""
        watch = self._watched.get(name)
        if watch is not None:
            watch.since_ms, watch.looks, watch.complete = now, 1, False

    def unsettled(self, now: int, longer_than_ms: int) -> list[str]:
        """Files that have been watched for so long."""
        return sorted(name for name, watch in self._watched.items() if now - watch.first_ms >= longer_than_ms)

    def due(
        self, which: Callable[[str], bool], delays: Callable[[Seen], tuple[int, ...]], age_ms: int, now: int
    ) -> int | None:
        """The next time at which one of ``which`` files may be taken; None: never.

        Each may be taken one of its ``delays`` (milliseconds) after its last change.
        """
        times: list[int] = []
        for name, watch in self._watched.items():
            if not which(name):
                continue
            aged = watch.first_ms + age_ms
            starts = {watch.since_ms, max(watch.since_ms, watch.met_ms)}
            settled = [max(aged, start + delay) for start in starts for delay in delays(watch.seen)]
            times += [at for at in settled if at > now or watch.looks < 2]
            if aged > now:
                times.append(aged)
        return max(min(times), now) if times else None
