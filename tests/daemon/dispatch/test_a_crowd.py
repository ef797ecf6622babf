"""Thousands of folder jobs, a schedule that fires, and people who ask now and then: what becomes of whom.

The same traffic three times in one run: the people alone, everybody as it is, and everybody first come, first served.
Waits are told in forwards of the engine. It makes none while the dispatcher has something to do, so that a loaded
machine changes nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.stepped_engine import SteppedEngine

from config.clock import now_ms
from daemon.fairness.alternatives import FAIR, FIRST_COME
from daemon.fairness.traffic import Policy
from pipeline.request import Defaults, parse, settle
from storage import queue
from storage.queue.job import NewJob, Origin

from .conftest import Floor

STEPS = 20
PEOPLE = 20
FOLDER_FLOOR = 0.20
PEOPLE_FLOOR = 0.60


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who wants how much."""

    folder: int
    scheduled: int
    """Jobs that are there from the beginning on."""
    asks: int
    """Of each person."""
    pause_seconds: float
    """Between two asks of a person, on the average."""
    step_seconds: float = 0.25
    """As of a large model: a picture takes longer than a lane has to wait before it is owed something."""

    @property
    def seconds(self) -> float:
        """So long people ask, of the time of the engine."""
        return self.asks * self.pause_seconds

    @property
    def asked_for(self) -> float:
        """The part of the engine that the people ask for, were each of them drawn by himself."""
        return PEOPLE * STEPS * self.step_seconds / self.pause_seconds

    @property
    def people(self) -> Crowd:
        """Nobody else."""
        return replace(self, folder=0, scheduled=0)


@dataclass
class Outcome:
    """What one run gave."""

    waits: list[int] = field(default_factory=list)
    """Of the people: forwards from the ask to the picture. Of who had none in the end, until then."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Engine-seconds by lane."""
    folder_left: int = 0
    """Jobs of it that were not drawn in the end."""

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


class Run:
    """One run, until every person has a picture for every ask, or half as long again as they ask is over."""

    def __init__(self, path: Path, crowd: Crowd, policy: Policy) -> None:
        path.mkdir()
        self._crowd = crowd
        self._engine = SteppedEngine(crowd.step_seconds)
        self._floor = Floor(path, self._engine.start, {}, policy)
        self._asked: dict[str, int] = {}
        """Who waits, and since which forward."""
        self._outcome = Outcome()

    async def outcome(self) -> Outcome:
        floor, crowd = self._floor, self._crowd
        try:
            await self._put([new(n, "folder", "folder:inbox", 96) for n in range(crowd.folder)])
            floor.start()
            await floor.engine_pid()
            await self._put([new(n, "scheduled", "schedule:hourly", 128) for n in range(crowd.scheduled)])
            await self._all_ask()
            self._outcome.waits += [self._engine.forwards - since for since in self._asked.values()]
            await floor.dispatcher.drain(0)
            await self._look_at_the_jobs()
        finally:
            await floor.stop()
        return self._outcome

    async def _put(self, jobs: list[NewJob]) -> list[str]:
        enqueued = await self._floor.database.write(lambda c: queue.enqueue_many(c, jobs, now=now_ms()))
        self._floor.dispatcher.wake()
        return [each.id for each in enqueued]

    async def _all_ask(self) -> None:
        engine, crowd, moment = self._engine, self._crowd, random.Random(7)
        asks = sorted(
            (moment.uniform(1, 1 + crowd.seconds), person) for person in range(PEOPLE) for _ in range(crowd.asks)
        )
        number = 0
        while (number < len(asks) or self._asked) and engine.now < 1 + 1.5 * crowd.seconds:
            while number < len(asks) and asks[number][0] <= engine.now:
                (job,) = await self._put([new(number, "interactive", f"discord:{asks[number][1]}", 64)])
                self._asked[job] = engine.forwards
                number += 1
            await engine.settled(self._floor.dispatcher)
            self._count()
            if engine.held:
                engine.forward()
            elif number < len(asks):
                engine.now = max(engine.now, asks[number][0])
            else:
                assert not self._asked, "the engine idles while somebody waits"

    def _count(self) -> None:
        """Who has a picture by now."""
        ends = self._floor.ends
        for job in [job for job in self._asked if job in ends]:
            self._outcome.waits.append(ends[job] - self._asked.pop(job))

    async def _look_at_the_jobs(self) -> None:
        names = ("interactive", "folder", "scheduled", "background")
        seconds = "SELECT lane, sum(engine_seconds) FROM jobs GROUP BY lane"
        left = "SELECT count(*) FROM jobs WHERE lane = 1 AND state <> 'done'"
        self._outcome.seconds, self._outcome.folder_left = await self._floor.database.read(
            lambda c: (
                {names[lane]: found for lane, found in c.exec_driver_sql(seconds)},
                c.exec_driver_sql(left).scalar_one(),
            )
        )


async def compare(path: Path, crowd: Crowd) -> None:
    alone = await Run(path / "alone", crowd.people, FAIR).outcome()
    fair = await Run(path / "fair", crowd, FAIR).outcome()
    first = await Run(path / "first", crowd, FIRST_COME).outcome()
    print(
        f"p95 in forwards: alone {alone.p95}, fair {fair.p95} ({fair.p95 / alone.p95:.2f} x), first come {first.p95};"
        f" the folder had {fair.folder:.0%} of {sum(fair.seconds.values()):.1f} engine-seconds"
    )
    assert len(alone.waits) == len(fair.waits) == len(first.waits) == PEOPLE * crowd.asks
    assert fair.folder_left > 0, "the folder had work all along"
    assert fair.p95 <= 2.5 * alone.p95
    assert fair.folder >= FOLDER_FLOOR
    assert first.p95 > 4 * fair.p95


@pytest.mark.slow
async def test_people_wait_little_longer_than_alone_and_the_folder_keeps_its_part(tmp_path: Path) -> None:
    await compare(tmp_path, Crowd(folder=1_000, scheduled=50, asks=1, pause_seconds=150.0))


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_the_same_with_ten_thousand_folder_jobs(tmp_path: Path) -> None:
    crowd = Crowd(folder=10_000, scheduled=500, asks=30, pause_seconds=250.0)
    assert crowd.asked_for <= 0.75 * PEOPLE_FLOOR, "clearly less than their lane is sure of"
    await compare(tmp_path, crowd)
