"""A watched folder on real files, a clock that the test holds, and a service in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.fake_folder_service import FakeService
from support.real_folder_service import RealFolderService

from config.folders import Places, places
from config.settings import FolderSettings
from frontends.watch_folder.delivering import Deliverer, Outbox
from frontends.watch_folder.folder import Folder

START_MS = 1_800_000_000_000  # 2027-01-15


class Clock:
    """Time stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = START_MS

    def __call__(self) -> int:
        return self.now


class World:
    """One folder; ``restart`` is what a crash leaves: rows and files, no memory."""

    def __init__(self, state_dir: Path, database: str | None, **settings: Any) -> None:
        self.state_dir = state_dir
        self.clock = Clock()
        self.service: Any = FakeService(self.clock)
        if database is not None:
            self.service = RealFolderService(state_dir, self.clock, database)
        self.settings = FolderSettings(**settings)
        self.places: Places = places(state_dir, self.settings)
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.hints: Any = None
        self.restart()

    @property
    def inbox(self) -> Path:
        return self.places.path

    def restart(self, **settings: Any) -> None:
        if settings:
            self.settings = FolderSettings(**settings)
        self.deliverer = Deliverer(self.service)  # type: ignore[arg-type]
        self.service.register_deliverer("folder", self.deliverer)
        self.folder = Folder(
            self.settings,
            self.places,
            self.service,
            self.deliverer,
            self.clock,
            self.hints,
        )
        self.deliverer.add(self.settings.name, Outbox(self.places.outbox, self.settings.sidecar, self.folder.delivered))

    def drop(self, name: str, content: str | bytes = "a red apple\n") -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    async def look(self, seconds: float = 0) -> int:
        """A pass after so many seconds."""
        self.clock.now += int(seconds * 1000)
        return await self.folder.look()

    async def settle(self, seconds: float = 61, looks: int = 4) -> None:
        """Passes until everything that lies there is taken."""
        await self.look()
        for _ in range(looks):
            await self.look(seconds / looks)

    async def finish(self, passes: int = 3) -> None:
        """Take, draw, deliver and end everything."""
        await self.settle()
        for _ in range(passes):
            self.service.draw()
            await self.service.deliver()
            await self.look(1)

    def files(self, place: Path) -> list[str]:
        """Names of all files below, relative to ``place``."""
        return sorted(
            str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir() or path.is_symlink()
        )

    @property
    def results(self) -> list[str]:
        """Pictures in the outbox."""
        return [name for name in self.files(self.places.outbox) if name.endswith(".png")]

    @property
    def done(self) -> list[str]:
        return self.files(self.places.done)

    @property
    def failed(self) -> list[str]:
        return self.files(self.places.failed)

    def error(self, name: str) -> str:
        return (self.places.failed / f"{name}.error.txt").read_text()

    @property
    def left(self) -> list[str]:
        """What lies in the inbox, ``.processing`` included."""
        return self.files(self.inbox)
