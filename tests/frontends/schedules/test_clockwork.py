"""The loop with clocks that a test sets: it wakes up when something is due, and a clock that is set makes no two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any

import pytest
from support import ready_database
from support.choosing import InOrder, charge

from config.clock import now_ms, steady_ms
from config.errors import ConflictError
from config.settings import Settings
from daemon import directories
from daemon.events import Bus, JobChanged
from daemon.service import Conditions, Draft, EngineStatus, Service
from frontends.schedules import Clockwork, front_end
from pipeline.models.registry import Registry
from storage import queue
from storage.results.store import PictureFiles

HOUR = 3_600_000


class Dispatcher:
    def wake(self) -> None: ...
    def cancel(self, job: str, attempt: int) -> None: ...
    def free_memory(self, wanted: bool) -> None: ...
    def snapshot(self) -> list[EngineStatus]:
        return []


class World:
    """A service and its clockwork, whose wall clock is off by ``off`` milliseconds."""

    def __init__(self, state_dir: Any, **sections: Any) -> None:
        settings = Settings.model_validate({"state_dir": state_dir, **sections})
        directories.make(settings)
        self.off = 0
        self.database = ready_database.opened(settings.database)
        self.bus = Bus()
        self.service = Service(
            settings=settings,
            database=self.database,
            files=PictureFiles(settings.state_dir),
            registry=Registry(settings.models_file),
            bus=self.bus,
            dispatcher=Dispatcher(),
            clock=self.wall,
            conditions=Conditions(),
        )
        self.clockwork = Clockwork(self.service, self.wall, steady_ms)
        self.running: asyncio.Task[None] | None = None

    def wall(self) -> int:
        return now_ms() + self.off

    async def start(self) -> None:
        self.running = asyncio.create_task(self.clockwork.run())
        await self.clockwork.started.wait()

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
            self.running = None

    async def add(self, name: str = "dawn", **given: Any) -> None:
        usual = {"time_zone": "UTC", "request": {"prompt": "a cat", "steps": 2}, "max_in_flight": 100}
        await self.service.schedules.add(Draft(name=name, **{**usual, **given}))

    async def told(self, name: str = "dawn") -> list[tuple[int, str]]:
        return [(each.due_at, each.state) for each in (await self.service.schedules.show(name)).occurrences]

    async def until(self, condition: Callable[[list[tuple[int, str]]], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition(await self.told()):
            assert time.monotonic() < deadline, await self.told()
            await asyncio.sleep(0.02)


@pytest.fixture
async def world(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(front_end, "LOOK_SECONDS", 0.2)
    made = World(tmp_path / "state")
    yield made
    await made.stop()
    made.database.close()


async def test_it_wakes_up_when_something_is_due(world: World) -> None:
    await world.start()
    assert world.clockwork.status() == "no schedules"
    await world.add(every="1s")
    await world.until(lambda told: len(told) >= 3)
    report = await world.service.schedules.show("dawn")
    steps = {later.due_at - earlier.due_at for earlier, later in pairwise(report.occurrences)}
    assert steps == {1_000}
    assert all((each.late_ms or 0) < 900 for each in report.occurrences), "its alarm rings, it does not look about"
    assert world.clockwork.status().startswith("1 kept, 1 to come, the next at 20")


@pytest.mark.parametrize(
    ("catch_up", "count"), [("none", 0), ("one", 1), ("all:2", 2), ("all:100", 4), ("within:1h", 1), ("within:1m", 0)]
)
@pytest.mark.parametrize("hours", [1, 72], ids=["an hour forward", "days asleep"])
async def test_a_clock_set_forward_is_a_downtime(world: World, catch_up: str, count: int, hours: int) -> None:
    """Four due times lie in the hour, and many in the days; each is decided once."""
    await world.start()
    start = world.wall()
    await world.add(every="14m", catch_up=catch_up)
    world.off += hours * HOUR
    due = [start + minutes * 60_000 for minutes in range(14, 60 * hours, 14)]
    await world.until(lambda told: len(told) >= min(len(due), 300) and not any(state == "waiting" for _, state in told))
    made_up = min(count if hours == 1 else {"all:100": 100}.get(catch_up, count), len(due))
    told = await world.told()
    assert [state for _, state in told][len(told) - made_up :] == ["queued"] * made_up
    assert {state for _, state in told[: len(told) - made_up]} <= {"missed"}
    assert len(await world.service.jobs()) == made_up


async def test_a_clock_set_back_runs_nothing_again(world: World) -> None:
    await world.start()
    await world.add(every="1s")
    await world.until(lambda told: len(told) >= 2)
    world.off -= HOUR
    await asyncio.sleep(1.5)
    known = await world.told()
    await asyncio.sleep(1.5)
    assert await world.told() == known
    jobs = await world.service.jobs()
    assert len(jobs) == len(known)
    world.off += HOUR
    await world.until(lambda told: len(told) > len(known) + 1)
    told = await world.told()
    assert len({due for due, _ in told}) == len(told)
    assert len(await world.service.jobs()) == len([1 for _, state in told if state == "queued"])


async def test_what_was_due_before_the_start_was_missed_even_by_a_moment(world: World) -> None:
    await world.add(every="1s", catch_up="none")
    await asyncio.sleep(2.5)
    await world.start()
    await world.until(lambda told: any(state == "queued" for _, state in told))
    states = [state for _, state in await world.told()]
    assert states[:2] == ["missed", "missed"]
    assert states == sorted(states), "missed, and from the start on queued"


async def test_an_end_of_a_job_makes_room_at_once(world: World) -> None:
    await world.add(every="1s", catch_up="all:3", max_in_flight=1, ends_at=None)
    await asyncio.sleep(3.2)
    await world.start()
    await world.service.schedules.pause("dawn")
    await world.service.schedules.resume("dawn")
    for _ in range(3):
        await world.until(lambda told: any(state == "queued" for _, state in told))

        def end(connection: Any) -> list[str]:
            claimed = queue.claim(
                connection,
                now=world.wall(),
                lease_until=world.wall() + 60_000,
                limit=10,
                choose=InOrder(),
                charge=charge,
                max_attempts=3,
            )
            for job in claimed:
                queue.finish(connection, job.id, job.attempt, [], now=world.wall())
            return [job.id for job in claimed]

        for job in await world.database.write(end):
            world.bus.publish(JobChanged(job, "done"))
    await world.until(lambda told: sum(state == "done" for _, state in told) >= 3)


async def test_schedules_of_the_configuration_come_change_and_go(tmp_path: Any) -> None:
    """One is added, one changed, one wrong, one taken out; what somebody added by hand stays."""
    entry = {"name": "file", "every": "1h", "request": {"prompt": "a cat", "steps": 2}, "time_zone": "UTC"}
    world = World(tmp_path / "state", schedules={"entries": [entry, {**entry, "name": "wrong", "cron": "x"}]})
    try:
        await world.start()
        await world.add("own", every="1h")
        schedules = world.service.schedules
        assert [(each.schedule.definition.name, each.schedule.from_file) for each in await schedules.list()] == [
            ("file", True),
            ("own", False),
        ]
        assert [each.what for each in world.service.conditions.list()] == ["schedule wrong"]
        with pytest.raises(ConflictError):
            await schedules.remove("file")
        before = (await schedules.show("file")).schedule
        await schedules.take_over()
        assert (await schedules.show("file")).schedule == before, "unchanged, it counts on"
        change = {"state_dir": tmp_path / "state", "schedules": {"entries": [{**entry, "every": "2h"}]}}
        schedules.reconfigure(Settings.model_validate(change))
        await schedules.take_over()
        assert (await schedules.show("file")).explained == "Every 2 hours"
        schedules.reconfigure(Settings.model_validate({"state_dir": tmp_path / "state"}))
        await schedules.take_over()
        assert {each.schedule.definition.name: each.state for each in await schedules.list()} == {
            "file": "disabled",
            "own": "active",
        }
        await schedules.remove("file")
    finally:
        await world.stop()
        world.database.close()
