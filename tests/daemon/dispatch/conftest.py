"""A dispatcher on a real database, real files and a real fake-engine process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support import ready_database

from config.clock import now_ms
from config.settings import Settings
from daemon.dispatch import Dispatcher
from daemon.engines.contract import StartEngine
from daemon.events import Bus, JobChanged
from daemon.fairness.alternatives import FAIR
from daemon.fairness.traffic import Policy
from pipeline.models.registry import Registry
from pipeline.request import Defaults, parse, settle
from storage import queue
from storage.queue.job import TERMINAL, Job, NewJob, Origin
from storage.results.store import PictureFiles

T = TypeVar("T")

DEADLINE_SECONDS = 30.0


@dataclass
class Noted:
    """Conditions as they were reported."""

    now: dict[str, str] = field(default_factory=dict)
    ever: list[str] = field(default_factory=list)

    def report(self, what: str, why: str, heals: str) -> None:
        self.now[what] = why
        self.ever.append(f"{what}: {why} / {heals}")

    def clear(self, what: str) -> None:
        self.now.pop(what, None)


class Floor:
    """One dispatcher and everything around it."""

    def __init__(
        self, tmp_path: Path, start_engine: StartEngine | None, sections: dict[str, Any], policy: Policy = FAIR
    ) -> None:
        engine = {"kind": "fake", "fake_step_s": 0.005, "restart_seconds": 0.01, **sections.pop("engine", {})}
        queue_settings = {"retry_seconds": 0.01, **sections.pop("queue", {})}
        self.settings = Settings.model_validate(
            {"state_dir": tmp_path / "state", "engine": engine, "queue": queue_settings, **sections}
        )
        self.settings.state_dir.mkdir(parents=True, exist_ok=True)
        self.database = ready_database.opened(self.settings.database)
        self.files = PictureFiles(self.settings.state_dir)
        self.bus, self.conditions = Bus(), Noted()
        self.changes: list[tuple[str, str]] = []
        self.ends: dict[str, int] = {}
        """Forwards of the engine when each job had ended."""
        self.dispatcher = Dispatcher(
            database=self.database,
            files=self.files,
            bus=self.bus,
            settings=self.settings,
            registry=Registry(self.settings.models_file),
            clock=now_ms,
            conditions=self.conditions,
            start_engine=start_engine,
            watch_seconds=0.05,
            policy=policy,
        )
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self.dispatcher.run()), asyncio.create_task(self._listen())]

    async def _listen(self) -> None:
        with self.bus.subscribe() as events:
            async for event in events:
                if isinstance(event, JobChanged):
                    self.changes.append((event.job_id, event.state))
                    if event.state in TERMINAL:
                        self.ends[event.job_id] = self.dispatcher.snapshot()[0].forwards

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        self.database.close()
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end

    async def submit(
        self,
        prompt: str = "a cat",
        *,
        lane: str = "interactive",
        owner: str = "cli:1",
        model: str = "starter",
        **fields: Any,
    ) -> str:
        request = settle(
            parse({"prompt": prompt, "width": 64, "height": 64, "steps": 3, "seed": 1, **fields}), model, Defaults()
        )
        new = NewJob(request=request, lane=lane, owner=owner, origin=Origin("cli", {}))
        enqueued = await self.database.write(lambda connection: queue.enqueue(connection, new, now=now_ms()))
        self.dispatcher.wake()
        return enqueued.id

    async def job(self, job_id: str) -> Job:
        return await self.database.read(lambda connection: queue.get(connection, job_id))

    async def ended(self, *job_ids: str) -> list[Job]:
        """The jobs, once all have ended."""

        async def look() -> list[Job] | None:
            jobs = [await self.job(job_id) for job_id in job_ids]
            return jobs if all(job.state in TERMINAL for job in jobs) else None

        return await self.until(look)

    async def until(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Poll until ``look`` gives something."""
        deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
        while (found := await look()) is None or found is False:
            assert asyncio.get_running_loop().time() < deadline, f"did not happen; changes so far: {self.changes}"
            await asyncio.sleep(0.01)
        return found

    async def running(self, job_id: str) -> Job:
        async def look() -> Job | None:
            job = await self.job(job_id)
            return job if job.state == "running" else None

        return await self.until(look)

    async def engine_pid(self) -> int:
        async def look() -> int | None:
            return self.dispatcher.snapshot()[0].pid

        return await self.until(look)

    def kill_engine(self) -> None:
        pid = self.dispatcher.snapshot()[0].pid
        assert pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def files_on_disk(self) -> set[str]:
        """Everything under ``pictures/``, relative to the state directory."""
        return {
            str(path.relative_to(self.settings.state_dir))
            for path in self.settings.pictures.rglob("*")
            if path.is_file()
        }


BuildFloor = Callable[..., Floor]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[BuildFloor]:
    """``build(engine={"fake_step_s": 0.1})``: a running dispatcher with these settings."""
    floors: list[Floor] = []

    def make(
        *, start: bool = True, start_engine: StartEngine | None = None, policy: Policy = FAIR, **sections: Any
    ) -> Floor:
        floor = Floor(tmp_path, start_engine, sections, policy)
        floors.append(floor)
        if start:
            floor.start()
        return floor

    yield make
    for floor in floors:
        await floor.stop()


@pytest.fixture
async def floor(build: BuildFloor) -> Floor:
    return build()
