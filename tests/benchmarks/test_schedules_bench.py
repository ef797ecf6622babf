"""What ten thousand schedules cost: at the start, at a wake-up, and when all of them are due at once."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.ids import new_id
from config.settings import Settings
from daemon import directories
from daemon.events import Bus
from daemon.service import Conditions, Draft, Service
from daemon.service.schedules import definitions
from pipeline.models.registry import Registry
from storage import schedules
from storage.database import Database
from storage.results.store import PictureFiles

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
COUNT = 10_000
START = 1_800_000_000_000
CRON = ("30 7 * * mon-fri", "*/15 * * * *", "0 9 13 * fri", "@daily", "0 0 L * *")


class Dispatcher:
    def wake(self) -> None: ...
    def cancel(self, job: str, attempt: int) -> None: ...
    def free_memory(self, wanted: bool) -> None: ...
    def snapshot(self) -> list[Any]:
        return []


async def test_ten_thousand_schedules(tmp_path: Path) -> None:
    """Result: the start and a wake-up take seconds and milliseconds; a wake-up does not grow with their number."""
    settings = Settings.model_validate({"state_dir": tmp_path / "state"})
    directories.make(settings)
    now = [START]
    database = Database.open(settings.database)
    try:
        service = Service(
            settings=settings,
            database=database,
            files=PictureFiles(settings.state_dir),
            registry=Registry(settings.models_file),
            bus=Bus(),
            dispatcher=Dispatcher(),
            clock=lambda: now[0],
            conditions=Conditions(),
        )
        _fill(database, settings, 10)
        few = await _wake_ups(service, now)
        _fill(database, settings, COUNT - 10)
        began = time.perf_counter()
        await service.schedules.firing.recompute()
        start = time.perf_counter() - began
        many = await _wake_ups(service, now)
        due = len(database.read_sync(lambda c: schedules.due(c, START + 3_600_000, COUNT)))
        now[0] = START + 3_600_000
        began = time.perf_counter()
        await service.schedules.firing.fire(START)
        whole = time.perf_counter() - began
        print(
            f"{COUNT} schedules: {start:.2f} s at the start, {1000 * many:.1f} ms a wake-up with one due "
            f"({1000 * few:.1f} ms with ten schedules), {due} due at once: {whole:.1f} s, {due / whole:.0f}/s"
        )
        assert start < 30
        assert many < 10 * few + 0.02
    finally:
        database.close()


def _fill(database: Database, settings: Settings, count: int) -> None:
    request = {"prompt": "a cat", "steps": 2, "width": 64, "height": 64}

    drafts = [Draft(name="x", cron=cron, time_zone="Europe/Berlin", request=request) for cron in CRON]
    known = [definitions.define(draft, settings, image=None) for draft in drafts]
    following = [definitions.following("x", each, START, START, None) for each in known]

    def write(connection: Any) -> None:
        for number in range(count):
            definition = replace(known[number % 5], name=f"s{count}-{number}")
            schedules.add(connection, new_id(START), definition, following[number % 5], START, from_file=False)

    database.write_sync(write)


async def _wake_ups(service: Service, now: list[int]) -> float:
    """Seconds of one with one due, the middle of several."""
    taken = []
    for number in range(9):
        name = f"one{now[0]}-{number}"
        request = {"prompt": "a cat", "steps": 2}
        await service.schedules.add(Draft(name=name, every="1s", max_runs=1, time_zone="UTC", request=request))
        now[0] += 1_000
        began = time.perf_counter()
        await service.schedules.firing.fire(START)
        taken.append(time.perf_counter() - began)
    return sorted(taken)[4]
