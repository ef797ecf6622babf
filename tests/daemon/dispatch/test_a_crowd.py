"""Thousands of folder jobs, a schedule that fires, and people who ask now and then: what becomes of whom.

The same traffic three times in one run: the people alone, everybody as it is, and everybody first come, first served.
Waits are told in forwards of the engine, which a loaded machine does not change.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.clock import now_ms
from daemon.fairness.alternatives import FAIR, FIRST_COME
from daemon.fairness.traffic import Policy
from pipeline.request import Defaults, parse, settle
from storage import queue
from storage.queue.job import NewJob, Origin

from .conftest import Floor

STEP_SECONDS = 0.01
STEPS = 20
PEOPLE = 20
PAUSE_SECONDS = 6.0
"""Between two asks of a person, on the average."""
FOLDER_FLOOR = 0.20


@dataclass
class Outcome:
    """What one run gave."""

    waits: list[int] = field(default_factory=list)
    """Of the people: forwards from the ask to the picture. Of who had none in the end, until then."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Engine-seconds by lane."""

    @property
    def p95(self) -> int:
        return sorted(self.waits)[int(0.95 * (len(self.waits) - 1) + 0.999)]

    @property
    def folder(self) -> float:
        return self.seconds.get("folder", 0.0) / sum(self.seconds.values())


def new(number: int, lane: str, owner: str, side: int) -> NewJob:
    fields = {"prompt": f"{lane} {number}", "width": side, "height": side, "steps": STEPS, "seed": number}
    return NewJob(
        request=settle(parse(fields), "starter", Defaults()), lane=lane, owner=owner, origin=Origin("cli", {})
    )


async def run(path: Path, *, folder: int, scheduled: int, asks: int, policy: Policy) -> Outcome:
    """One run, until every person has a picture for every ask, or half as long again as they ask is over."""
    path.mkdir()
    floor = Floor(path, None, {"engine": {"fake_step_s": STEP_SECONDS}}, policy)
    outcome, asked, moment = Outcome(), dict[str, int](), random.Random(7)
    times = sorted(
        (moment.uniform(1, 1 + asks * PAUSE_SECONDS), person) for person in range(PEOPLE) for _ in range(asks)
    )

    async def put(jobs: list[NewJob]) -> list[str]:
        enqueued = await floor.database.write(lambda c: queue.enqueue_many(c, jobs, now=now_ms()))
        floor.dispatcher.wake()
        return [each.id for each in enqueued]

    def forwards() -> int:
        return floor.dispatcher.snapshot()[0].forwards

    loop = asyncio.get_running_loop()
    try:
        await put([new(n, "folder", "folder:inbox", 96) for n in range(folder)])
        floor.start()
        await floor.engine_pid()
        began = loop.time()
        await put([new(n, "scheduled", "schedule:hourly", 128) for n in range(scheduled)])
        for number, (at, person) in enumerate(times):
            await asyncio.sleep(max(0.0, began + at - loop.time()))
            (job,) = await put([new(number, "interactive", f"discord:{person}", 64)])
            asked[job] = forwards()
            _count(floor, asked, outcome)
        until = began + 1.5 * asks * PAUSE_SECONDS
        while asked and loop.time() < until:
            _count(floor, asked, outcome)
            await asyncio.sleep(STEP_SECONDS)
        outcome.waits += [forwards() - since for since in asked.values()]
        await floor.dispatcher.drain(0)
        rows = "SELECT lane, sum(engine_seconds) FROM jobs GROUP BY lane"
        names = ("interactive", "folder", "scheduled", "background")
        outcome.seconds = await floor.database.read(
            lambda c: {names[lane]: seconds for lane, seconds in c.exec_driver_sql(rows)}
        )
    finally:
        await floor.stop()
    return outcome


def _count(floor: Floor, asked: dict[str, int], outcome: Outcome) -> None:
    """Who has a picture by now."""
    for job, forwards in floor.ends.items():
        if job in asked:
            outcome.waits.append(forwards - asked.pop(job))


async def compare(path: Path, *, folder: int, scheduled: int, asks: int) -> None:
    alone = await run(path / "alone", folder=0, scheduled=0, asks=asks, policy=FAIR)
    fair = await run(path / "fair", folder=folder, scheduled=scheduled, asks=asks, policy=FAIR)
    first = await run(path / "first", folder=folder, scheduled=scheduled, asks=asks, policy=FIRST_COME)
    print(
        f"p95 in forwards: alone {alone.p95}, fair {fair.p95} ({fair.p95 / alone.p95:.2f} x), first come {first.p95};"
        f" the folder had {fair.folder:.0%} of {sum(fair.seconds.values()):.1f} engine-seconds"
    )
    assert len(alone.waits) == len(fair.waits) == len(first.waits) == PEOPLE * asks
    assert fair.p95 <= 2.5 * alone.p95
    assert fair.folder >= FOLDER_FLOOR
    assert first.p95 > 4 * fair.p95


@pytest.mark.slow
async def test_people_wait_little_longer_than_alone_and_the_folder_keeps_its_part(tmp_path: Path) -> None:
    await compare(tmp_path, folder=1_000, scheduled=50, asks=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_the_same_with_ten_thousand_folder_jobs(tmp_path: Path) -> None:
    await compare(tmp_path, folder=10_000, scheduled=500, asks=30)
