"""A look at one folder: scan, what is finished, what belongs together, and when to look again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import structlog

from config.settings import FolderSettings
from frontends.watch_folder.looking.hints import Hints
from frontends.watch_folder.looking.reach import Reach, reach
from frontends.watch_folder.looking.scan import Scan, Seen
from frontends.watch_folder.looking.stability import Stability
from frontends.watch_folder.looking.window import Window
from frontends.watch_folder.orders import kinds, pairing
from frontends.watch_folder.orders.pairing import Drop
from frontends.watch_folder.problems import Problem

log = structlog.get_logger(__name__)

EMPTY_MS = 60_000
"""A file without content is often about to get some."""
TURN_MARGIN_MS = 10_000
MAX_REPORTED = 10_000
PART = Problem(
    "a part of the folder can't be read",
    "looked at again by itself; the log names it, and the daemon's user must be allowed to read it",
)


class Lookout:
    """Remembers between looks only what the files looked like. ``look`` runs in a thread, one at a time."""

    def __init__(self, settings: FolderSettings, root: Path, hints: Hints | None) -> None:
        self._settings = settings
        self._root = root
        self._hints = hints
        self._stability = Stability()
        delays = (settings.settle_seconds, settings.settle_image_seconds, settings.pairing_seconds)
        self._age_ms = int(settings.min_age_seconds * 1000)
        self.patience_ms = max(EMPTY_MS, self._age_ms, *(int(each * 1000) for each in delays)) + TURN_MARGIN_MS
        """By then a file is finished, or somebody still writes to it."""
        self.window = Window(self.patience_ms)
        self._reported: set[str] = set()
        self._lost_until = 0
        self._lost_why = ""
        self._no_events: Problem | None = None
        self._unreadable: tuple[Problem, ...] = ()
        self.reach = Reach(root=settings.events != "poll")
        self.files = 0
        """How many there were at the last full look."""
        self.due: int | None = None
        """When a file that is not finished may be so, but for the polled ones."""
        self.polled_due: int | None = None

    @property
    def period_ms(self) -> int:
        """How long a full look may be put off."""
        seconds = self._settings.scan_seconds
        if not self.reach.root or self._no_events is not None:
            seconds = min(seconds, self._settings.poll_seconds)
        return int(seconds * 1000)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong at the last look, without user text."""
        lost = (Problem(self._lost_why, "all of it was looked at, and it is watched anew"),) if self._lost_why else ()
        events = (self._no_events,) if self._no_events is not None else ()
        return (*self._unreadable, *events, *lost)

    def look(self, now: int, *, polled_only: bool = False) -> list[Drop]:
        """What may be taken, oldest first; raises ``OSError`` when the folder can't be read.

        With ``polled_only`` only where the kernel tells of nothing.
        """
        renamed: set[str] = set()
        if not polled_only:
            renamed = self._hints.take_renamed() if self._hints is not None else renamed
            self.reach = reach(self._root, self._settings)
        covers: Callable[[str], bool] | None = self.reach.is_polled if polled_only else None
        found = Scan(self._root)
        starts = self.reach.polled if polled_only else ("",)
        files = self.window.take_in((seen for start in starts for seen in found.files(start)), now, covers)
        again = False
        if not polled_only:
            self.files = found.count
            self._unreadable = (PART,) if found.problems else ()
            again = self._cover(found, now)
        self._report(found)
        self._stability.look(files, renamed, now, covers)
        drops = pairing.drops(
            files,
            lambda seen: self._stable(seen, now),
            lambda seen: self._stability.alone_ms(seen, now) >= self._pairing_ms,
            self._settings.orphans,
            lambda seen: self._stability.meet(seen, now),
        )
        self.window.tell_ready((drop.main.name for drop in drops), covers)
        self._foresee(drops, now)
        if again:
            self.due = now
        return drops

    def start_over(self, name: str, now: int) -> None:
        """Somebody still writes to this file."""
        self._stability.start_over(name, now)

    def unsettled(self, now: int, longer_than_ms: int) -> list[str]:
        """Files that are watched for so long and were not taken."""
        return self._stability.unsettled(now, longer_than_ms)

    def _foresee(self, drops: list[Drop], now: int) -> None:
        taken = {name for drop in drops for name in (drop.main.name, *drop.sidecars)}
        polled = self.reach.is_polled

        def due(which: Callable[[str], bool]) -> int | None:
            return self._stability.due(lambda name: name not in taken and which(name), self._delays, self._age_ms, now)

        self.due, self.polled_due = due(lambda name: not polled(name)), due(polled)

    def _cover(self, found: Scan, now: int) -> bool:
        if now >= self._lost_until:
            self._lost_why = ""
        if self._hints is None or not self.reach.root:
            self._no_events = None
            if self._hints is not None:
                self._hints.stop()
            return False
        told = {name: each for name, each in found.directories.items() if not self.reach.is_polled(f"{name}/")}
        overflow, dead = self._hints.take_overflow(), self._hints.dead(told)
        if overflow or dead:
            self._lost("file events were lost" if overflow else "file events had stopped", now)
        try:
            again = self._hints.cover(told)
        except OSError as error:
            self._hints.stop()
            every = min(self._settings.scan_seconds, self._settings.poll_seconds)
            self._no_events = Problem(
                f"no file events ({error.strerror}); looked at every {every:g} s",
                "tried again at each look; sysctl fs.inotify.max_user_watches and max_user_instances set how many "
                "there are",
            )
            return False
        self._no_events = None
        return again or overflow

    def _lost(self, why: str, now: int) -> None:
        self._lost_why, self._lost_until = why, now + self.period_ms
        log.warning("folder_events_lost", folder=self._settings.name, why=why)

    def _report(self, found: Scan) -> None:
        for name, why in [*found.refused, *((problem, problem) for problem in found.problems)]:
            if name not in self._reported and len(self._reported) < MAX_REPORTED:
                self._reported.add(name)
                said = os.fsencode(name).decode(errors="replace")
                log.warning("file_refused", folder=self._settings.name, file=said, why=why)

    def _settle_ms(self, seen: Seen) -> int:
        quick = kinds.is_order(seen.name)
        seconds = self._settings.settle_seconds if quick else self._settings.settle_image_seconds
        settle = int(seconds * 1000)
        return max(settle, EMPTY_MS) if seen.size == 0 else settle

    def _delays(self, seen: Seen) -> tuple[int, ...]:
        settle = self._settle_ms(seen)
        return (settle, self._pairing_ms) if kinds.is_image(seen.name) else (settle,)

    @property
    def _pairing_ms(self) -> int:
        return int(self._settings.pairing_seconds * 1000)

    def _stable(self, seen: Seen, now: int) -> bool:
        return self.window.is_whole(seen) and self._stability.is_stable(seen, self._settle_ms(seen), now, self._age_ms)
