"""Which files are watched closely: a bounded number of places, so that a folder of a million files needs no more memory
than one of some thousand.

Files that belong together (a picture and its sidecars) share a place. A place is kept until its files are gone. Where
more files wait than there are places, one whose files had their time and could not be taken is given to the next; they
are given out from the oldest file to the newest, and round again: every file gets its turn.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from frontends.watch_folder.looking.scan import Seen
from frontends.watch_folder.orders import kinds

PLACES = 4_096
MAX_TOGETHER = 16
"""Files of one place that are looked at; a picture and its sidecars are far fewer."""

_Key = tuple[int, str]


@dataclass(slots=True)
class _Place:
    since: int
    files: int = 0
    ready: bool = False
    over: bool = False


class Window:
    """The places. ``turn_ms`` is how long a file keeps its place without being ready while others wait."""

    def __init__(self, turn_ms: int, places: int = PLACES) -> None:
        self._turn_ms = turn_ms
        self._most = places
        self._places: dict[str, _Place] = {}
        self._last: _Key = (0, "")
        self._fresh: set[str] = set()
        self.beyond = 0
        """Files that have no place yet."""
        self.rounds = 0
        """How often the places were given out to the newest file and then to the oldest again."""

    def take_in(self, files: Iterable[Seen], now: int, covers: Callable[[str], bool] | None = None) -> list[Seen]:
        """The files to watch, out of all that lie there. Names that a look does not ``cover`` keep their places."""
        self._make_room(now)
        looked_at = [group for group in self._places if covers is None or covers(group)]
        for group in looked_at:
            self._places[group].files = 0
        before, self.beyond = self.beyond, 0
        kept: list[Seen] = []
        chosen = heapq.nsmallest(self._most, self._others(files, kept), key=self._order)
        for group in looked_at:
            if not self._places[group].files:
                del self._places[group]
        admitted = self._admit(chosen, now)
        self.beyond -= len(admitted)
        if covers is not None:
            self.beyond = max(before, self.beyond)
        return kept + admitted

    def _make_room(self, now: int) -> None:
        if not self.beyond:
            return
        for group, place in list(self._places.items()):
            if place.over or (not place.ready and now - place.since >= self._turn_ms):
                del self._places[group]

    def _others(self, files: Iterable[Seen], kept: list[Seen]) -> Iterator[Seen]:
        for seen in files:
            place = self._places.get(kinds.together(seen.name))
            if place is None:
                self.beyond += 1
                yield seen
            elif place.files < MAX_TOGETHER:
                place.files += 1
                kept.append(seen)

    def _order(self, seen: Seen) -> tuple[bool, int, str]:
        """From where the last place was given on to the newest file, then from the oldest again."""
        key = (seen.mtime_ns, seen.name)
        return (key <= self._last, *key)

    def _admit(self, chosen: list[Seen], now: int) -> list[Seen]:
        admitted: list[Seen] = []
        self._fresh = set()
        for seen in chosen:
            group = kinds.together(seen.name)
            if group not in self._places:
                if len(self._places) >= self._most:
                    break
                self._places[group] = _Place(now)
                self._fresh.add(group)
                self.rounds += (seen.mtime_ns, seen.name) <= self._last
                self._last = (seen.mtime_ns, seen.name)
            self._places[group].files += 1
            admitted.append(seen)
        return admitted

    def is_whole(self, seen: Seen) -> bool:
        """True when all that belongs to this file is known: a new place may lack some of it where others wait."""
        return not self.beyond or kinds.together(seen.name) not in self._fresh

    def tell_ready(self, names: Iterable[str], covers: Callable[[str], bool] | None = None) -> None:
        """These may be taken; nothing else that the look covered may."""
        ready = {kinds.together(name) for name in names}
        for group, place in self._places.items():
            if covers is None or covers(group):
                place.ready = group in ready

    def set_aside(self, name: str) -> None:
        """This file can't be taken for now: it gives way to others, and gets another turn when they had theirs."""
        place = self._places.get(kinds.together(name))
        if place is not None:
            place.over = True
