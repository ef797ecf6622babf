"""All watched folders as one front end of the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from config.clock import Clock, now_ms, steady_ms
from config.errors import RetryableError
from config.folders import Places, places
from config.settings import FolderSettings, Settings
from daemon.service import Service
from frontends.contract import Misconfigured
from frontends.watch_folder.delivering import Deliverer, Outbox
from frontends.watch_folder.feeding import SOURCE
from frontends.watch_folder.folder import Folder
from frontends.watch_folder.looking.hints import Hints
from frontends.watch_folder.once import Summary

log = structlog.get_logger(__name__)

LEAST_GAP_SECONDS = 0.2
"""Between two looks: a burst of events is one look."""
SHARE_OF_TIME = 0.2
"""Looking at a huge folder takes its time; it may take this share of it."""
FAULT_SECONDS = 2.0
HINDRANCES = frozenset({"engine", "disk", "models", f"delivery to {SOURCE}"})
"""Parts of the daemon without which nothing is ever carried out."""
ONCE_MS = 1_000
"""Whoever waits for the end shall not wait for the next periodic look."""


class WatchFolders:
    """What is dropped into the watched folders is drawn. ``started`` is set once every folder was looked at."""

    name = SOURCE

    def __init__(
        self,
        settings: Settings,
        service: Service,
        clock: Clock = now_ms,
        once: Callable[[Summary], None] | None = None,
    ) -> None:
        """With ``once`` nothing is watched any more when all is carried out that lay there, and that is told."""
        self.started = asyncio.Event()
        self._once = once
        self._settings = settings
        self._service = service
        self._date = clock
        self._deliverer = Deliverer(service)
        self._watched: list[_Watched] = []
        if settings.watch_folder.enabled:
            self._watched = [self._watch(each) for each in settings.watch_folder.folders]
        service.register_deliverer(SOURCE, self._deliverer)

    def _watch(self, settings: FolderSettings) -> _Watched:
        where = places(self._settings.state_dir, settings)
        watched = _Watched(settings, where, self._service, self._deliverer, self._date, self._once is not None)
        self._deliverer.add(settings.name, Outbox(where.outbox, settings.sidecar, watched.delivered))
        return watched

    async def run(self) -> None:
        """Watch until cancelled; raises :class:`Misconfigured` when folders lie inside each other."""
        self._refuse_nesting()
        try:
            async with asyncio.TaskGroup() as group:
                for watched in self._watched:
                    group.create_task(watched.run(), name=f"folder {watched.folder.settings.name}")
                for watched in self._watched:
                    await watched.looked.wait()
                self.started.set()
                if self._once is not None:
                    self._once(Summary.of([(each.folder, await each.left) for each in self._watched]))
                await asyncio.Event().wait()
        finally:
            for watched in self._watched:
                watched.say_no_more()
                await asyncio.to_thread(watched.hints.stop)

    def status(self) -> str:
        """Each folder in a few words."""
        return "; ".join(watched.folder.status() for watched in self._watched) or "no folder is watched"

    def _refuse_nesting(self) -> None:
        """Results must never come back in as orders."""
        all_places = [watched.folder.places for watched in self._watched]
        for own in all_places:
            nested = own.nested()
            if nested is not None:
                raise Misconfigured(
                    f"the watched folder {own.path} and its {nested[0]} {nested[1]} lie inside each other"
                )
            for other in all_places:
                self._refuse_pair(own, other)

    def _refuse_pair(self, own: Places, other: Places) -> None:
        if own is other:
            return
        for place in (other.path, other.outbox, other.done, other.failed):
            if place.resolve().is_relative_to(own.path.resolve()):
                raise Misconfigured(f"{place} lies inside the watched folder {own.path}")


class _Watched:
    """A folder with its events and its timer."""

    def __init__(
        self, settings: FolderSettings, where: Places, service: Service, deliverer: Deliverer, date: Clock, once: bool
    ) -> None:
        self.left: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        """What could not be taken, once everything else is carried out; only where that is asked for ``once``."""
        self._once = once
        self.looked = asyncio.Event()
        self.hints = Hints(where.path, self._changed)
        self.folder = Folder(settings, where, service, deliverer, steady_ms, self.hints, date=date)
        self._own_path = settings.path is None
        self._broke = False
        """The last look ended in the middle, so that what it left is not known."""
        self._date = date
        self._service = service
        self._poked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def delivered(self, order_id: str) -> None:
        """Something of an order was delivered."""
        self.folder.delivered(order_id)
        self._poked.set()

    def _changed(self) -> None:
        """From the observer's thread; one wake-up is enough until the next look."""
        if self._loop is not None and not self._poked.is_set() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._poked.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        while True:
            hinted = self._once or self._poked.is_set()
            self._poked.clear()
            due = await self._look(hinted)
            self.looked.set()
            self._tell()
            if self._once and await self._is_over():
                return
            due = min(due, steady_ms() + ONCE_MS) if self._once else due
            await asyncio.sleep(max(LEAST_GAP_SECONDS, self.folder.looking_seconds / SHARE_OF_TIME))
            await self._wait(due)

    async def _is_over(self) -> bool:
        left = None if self._broke else self.folder.left()
        if left is None and (why := await self._hindrance()):
            left = {"": why}
        if left is not None and not self.left.done():
            self.left.set_result(left)
        return left is not None

    async def _hindrance(self) -> str | None:
        """Why what is still to come will not come."""
        try:
            status = await self._service.status()
        except RetryableError as error:
            return error.message if self._is_idle else None
        if status.paused:
            return "the queue is paused; let it go on with: mezzotint resume"
        if not self._is_idle:
            return None
        latest = self._date() - self.folder.patience_ms
        for each in status.degraded:
            if each.what in HINDRANCES and each.since <= latest:
                return f"{each.what}: {each.why} ({each.heals})"
        return "an internal error, see the log" if self._broke else None

    @property
    def _is_idle(self) -> bool:
        return self.folder.idle_ms >= self.folder.patience_ms

    async def _wait(self, due: int) -> None:
        seconds = max(0.0, (due - steady_ms()) / 1000)
        try:
            async with asyncio.timeout(seconds):
                await self._poked.wait()
        except TimeoutError:
            pass

    async def _look(self, hinted: bool) -> int:
        try:
            if self._own_path:
                await asyncio.to_thread(_make, self.folder.places.path)
            due = await self.folder.look(hinted=hinted)
        except Exception:  # the boundary of one folder: a defect must stop neither the others nor the next look
            self._broke = True
            log.exception("folder_look_failed", folder=self.folder.settings.name)
            return steady_ms() + int(FAULT_SECONDS * 1000)
        self._broke = False
        return due

    def _tell(self) -> None:
        """Say in the daemon's status what is wrong, and take it back."""
        if problems := self.folder.problems:
            why = "; ".join(problem.why for problem in problems)
            heals = "; ".join(dict.fromkeys(problem.heals for problem in problems))
            self._service.conditions.report(self._place, why, heals)
        else:
            self.say_no_more()

    def say_no_more(self) -> None:
        """Nothing is wrong with it, or it is watched no more."""
        self._service.conditions.clear(self._place)

    @property
    def _place(self) -> str:
        return f"folder {self.folder.settings.name}"


def _make(path: Path) -> None:
    """The folder in the state directory is ours to make. One that the operator named may be a share that is away."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # the look says so
