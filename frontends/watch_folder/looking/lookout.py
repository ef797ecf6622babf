"""A look at one folder: scan, what is finished, what belongs together, and when to look again."""

from __future__ import annotations

from pathlib import Path

import structlog

from config.settings import FolderSettings
from frontends.watch_folder.looking.hints import Hints
from frontends.watch_folder.looking.scan import Scan, Seen, scan
from frontends.watch_folder.looking.stability import Stability
from frontends.watch_folder.orders import kinds, pairing
from frontends.watch_folder.orders.pairing import Drop

log = structlog.get_logger()

EMPTY_MS = 60_000
"""A file without content is often about to get some."""

MAX_REPORTED = 10_000


class Lookout:
    """Remembers between looks only what the files looked like. ``look`` runs in a thread, one at a time."""

    def __init__(self, settings: FolderSettings, root: Path, hints: Hints | None) -> None:
        self._settings = settings
        self._root = root
        self._hints = hints
        self._stability = Stability()
        self._reported: set[str] = set()
        self.problems: tuple[str, ...] = ()
        """What was wrong at the last look, without user text."""
        self.files = 0
        """How many there were."""
        self.due: int | None = None
        """When a file that is not finished may be so."""

    def look(self, now: int) -> list[Drop]:
        """What may be taken, oldest first; raises ``OSError`` when the folder can't be read."""
        renamed = self._hints.take_renamed() if self._hints is not None else set()
        found = scan(self._root)
        self.files = len(found.files)
        again = self._cover(found)
        self._report(found)
        self._stability.look(found.files, renamed, now)
        drops = pairing.drops(found.files, lambda seen: self._stable(seen, now), lambda seen: self._waited(seen, now))
        taken = {drop.main.name for drop in drops}
        rest = [seen for seen in found.files if seen.name not in taken]
        self.due = now if again else self._stability.due(rest, self._delays, now)
        return drops

    def start_over(self, name: str, now: int) -> None:
        """Somebody still writes to this file."""
        self._stability.start_over(name, now)

    def _cover(self, found: Scan) -> bool:
        problems = ["a part of the folder can't be read"] if found.problems else []
        again = False
        if self._hints is not None:
            try:
                again = self._hints.cover(found.directories, found.root_inode)
            except OSError as error:
                problems.append(f"no file events ({error.strerror}); looking every {self._settings.scan_seconds:g} s")
        self.problems = tuple(problems)
        return again

    def _report(self, found: Scan) -> None:
        for name, why in [*found.refused, *((problem, problem) for problem in found.problems)]:
            if name not in self._reported and len(self._reported) < MAX_REPORTED:
                self._reported.add(name)
                log.warning(
                    "file_refused", folder=self._settings.name, file=name.encode(errors="replace").decode(), why=why
                )

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
        return self._stability.is_stable(seen, self._settle_ms(seen), now)

    def _waited(self, image: Seen, now: int) -> bool:
        return self._stability.unchanged_ms(image, now) >= self._pairing_ms
