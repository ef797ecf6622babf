"""A service on a real database and real files, with a dispatcher that only notes what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support import ready_database

from config.clock import now_ms
from config.settings import Settings
from daemon import directories
from daemon.dispatch import Dispatcher
from daemon.events import Bus
from daemon.service import Conditions, EngineStatus, Service
from pipeline.models.registry import Registry
from storage.database import Database
from storage.results.store import PictureFiles


class HeldClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


@dataclass
class NotedDispatcher:
    """Starts nothing; a test claims and finishes jobs itself."""

    woken: int = 0
    cancelled: list[tuple[str, int]] = field(default_factory=list)
    freed: bool = False

    def free_memory(self, wanted: bool) -> None:
        self.freed = wanted

    def wake(self) -> None:
        self.woken += 1

    def cancel(self, job: str, attempt: int) -> None:
        self.cancelled.append((job, attempt))

    def snapshot(self) -> list[EngineStatus]:
        return [EngineStatus(4242, "cpu", None, 0, 0, 0, 0, "starting")]


@dataclass
class Parts:
    """What a test needs of the daemon."""

    settings: Settings
    database: Database
    files: PictureFiles
    bus: Bus
    clock: HeldClock
    dispatcher: NotedDispatcher
    conditions: Conditions
    registry: Registry
    service: Service


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Parts]]:
    """``build(queue={"max_queued": 3})``: the parts, with these settings."""
    opened: list[Database] = []

    def make(**sections: object) -> Parts:
        settings = Settings.model_validate({"state_dir": tmp_path / "state", **sections})
        directories.make(settings)
        database = ready_database.opened(settings.database)
        opened.append(database)
        files, bus, clock = PictureFiles(settings.state_dir), Bus(), HeldClock()
        dispatcher, conditions, registry = NotedDispatcher(), Conditions(), Registry(settings.models_file)
        service = Service(
            settings=settings,
            database=database,
            files=files,
            registry=registry,
            bus=bus,
            dispatcher=dispatcher,
            clock=clock,
            conditions=conditions,
        )
        return Parts(settings, database, files, bus, clock, dispatcher, conditions, registry, service)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def parts(build: Callable[..., Parts]) -> Parts:
    return build()


@pytest.fixture
async def drawing(build: Callable[..., Parts]) -> AsyncIterator[Parts]:
    """The parts with a real dispatcher and a fake engine that draws quickly."""
    made = build(engine={"kind": "fake", "fake_step_s": 0.001})
    dispatcher = Dispatcher(
        database=made.database,
        files=made.files,
        bus=made.bus,
        settings=made.settings,
        registry=made.registry,
        clock=now_ms,
        conditions=made.conditions,
    )
    made.service = Service(
        settings=made.settings,
        database=made.database,
        files=made.files,
        registry=made.registry,
        bus=made.bus,
        dispatcher=dispatcher,
        clock=now_ms,
        conditions=made.conditions,
    )
    running = asyncio.create_task(dispatcher.run())
    yield made
    await dispatcher.drain(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
