"""What would be queued of all that lies in a folder now. Reads only: nothing is taken, written or remembered.

What only the daemon's rows know is left out: whether content was drawn before (``repeat``), and which files of a
read-only folder were handled already.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from config.errors import UserError
from config.folders import owner
from config.settings import FolderSettings
from daemon.service import ModelEntry, Submission
from frontends.files import paths
from frontends.watch_folder import feeding
from frontends.watch_folder import source as sources
from frontends.watch_folder.looking.scan import Scan, Seen
from frontends.watch_folder.orders import pairing
from frontends.watch_folder.orders.entry import Entry
from frontends.watch_folder.problems import Problem
from frontends.watch_folder.source import Batch, Source
from pipeline.request import Request


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A job that would be queued, or what would be refused or left and why."""

    folder: str
    file: str
    """Relative to the folder; empty: the folder itself."""
    line: int | None = None
    """None: the file as a whole."""
    owner: str
    lane: str
    priority: int = 0
    preset: dict[str, Any] = field(default_factory=dict)
    """What the settings of the folder and its sub-folders add."""
    request: dict[str, Any] | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Rehearsal:
    """``examine`` settles a submission or raises :class:`UserError`; ``model`` looks one up; neither keeps anything."""

    folder: FolderSettings
    root: Path
    examine: Callable[[Submission], Awaitable[Request]]
    model: Callable[[str], Awaitable[ModelEntry]]

    async def run(self) -> AsyncIterator[Planned]:
        """Everything that lies there, file by file, the oldest first."""
        found = Scan(self.root)
        try:
            files = await asyncio.to_thread(lambda: list(found.files()))
        except OSError as error:
            yield self._refused("", Problem.of(error, "the folder can't be read").why)
            return
        drops = pairing.drops(files, lambda _: True, lambda _: True, self.folder.orphans)
        for drop in drops:
            async for planned in self._file(drop):
                yield planned
        for planned in self._left(files, drops, found):
            yield planned

    def _left(self, files: list[Seen], drops: list[pairing.Drop], found: Scan) -> Iterator[Planned]:
        taken = {name for drop in drops for name in (drop.main.name, *drop.sidecars)}
        for seen in files:
            if seen.name not in taken:
                yield self._refused(seen.name, "it waits for the file that says what to make of it")
        for name, why in found.refused:
            yield self._refused(name, why)
        for why in found.problems:
            yield self._refused("", why)

    async def _file(self, drop: pairing.Drop) -> AsyncIterator[Planned]:
        directory, own = paths.split(drop.main.name)
        beside = tuple(paths.split(name)[1] for name in drop.sidecars)
        source = Source(self.root, drop.main.name, directory, own, beside, in_place=True)
        try:
            last = (await asyncio.to_thread(sources.outline, source, self.folder)).last_line
            batch = await asyncio.to_thread(sources.batch, source, self.folder, 1, last, self.folder.max_lines)
        except UserError as error:
            yield self._refused(drop.main.name, feeding.in_words(error))
            return
        except OSError as error:
            yield self._refused(drop.main.name, Problem.of(error, "it can't be read now").why)
            return
        for entry in batch.entries:
            yield await self._entry(drop.main.name, batch, entry)

    async def _entry(self, name: str, batch: Batch, entry: Entry) -> Planned:
        plan = replace(
            self._refused(name, ""), line=entry.line, refused=None, lane=batch.preset.lane, preset=batch.preset.fields
        )
        try:
            asked = await feeding.submission(self.model, self.folder, "0" * 16, name, batch, entry)
            if entry.from_image and batch.image is not None:
                asked = replace(asked, image=batch.image)
            request = await self.examine(asked)
        except UserError as error:
            return replace(plan, refused=feeding.in_words(error))
        shown = request.model_dump()
        if isinstance(asked.fields, dict) and asked.fields.get("seed") is None:
            shown["seed"] = None  # it will be drawn by lot
        return replace(plan, request=shown, lane=asked.lane, priority=asked.priority)

    def _refused(self, name: str, why: str) -> Planned:
        settings = self.folder
        return Planned(
            folder=settings.name,
            file=paths.shown(name),
            owner=owner(settings),
            lane=settings.lane,
            priority=settings.priority,
            preset=dict(settings.preset),
            refused=why,
        )
