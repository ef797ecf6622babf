"""A job is cancelled at any moment: while it waits, is claimed, is drawn, ends, is retried, and loses its engine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from typing import Any

import pytest

from config.errors import ConflictError
from daemon.service import TERMINAL, JobChanged, Submission
from storage.schema import events as history


class Race:
    """So many jobs, each with its own luck. Keeps what the bus said."""

    def __init__(self, parts: Any, seed: int) -> None:
        self._parts = parts
        self._chance = random.Random(seed)
        self._said: dict[str, list[str]] = {}
        self._retried: Counter[str] = Counter()

    async def run(self, tries: int, at_once: int) -> Counter[str]:
        """How the jobs ended."""
        with self._parts.bus.subscribe() as events:
            hearing = asyncio.create_task(self._hear(events))
            ends: Counter[str] = Counter()
            for _ in range(tries // at_once):
                ended = await asyncio.gather(*(self._one() for _ in range(at_once)))
                ends.update(ended)
            await asyncio.sleep(0.05)
            hearing.cancel()
        return ends

    async def _hear(self, events: Any) -> None:
        async for event in events:
            if isinstance(event, JobChanged):
                self._said.setdefault(event.job_id, []).append(event.state)

    async def _one(self) -> str:
        service = self._parts.service
        fields = {"prompt": "a cat", "width": 64, "height": 64, "steps": self._chance.randint(1, 6)}
        job = (await service.submit(Submission(fields=fields))).id
        await asyncio.sleep(self._chance.choice((0, 0, self._chance.uniform(0, 0.05))))
        acts = [service.cancel(job) for _ in range(self._chance.randint(1, 2))]
        if self._chance.random() < 0.3:
            acts.append(self._retry(job))
        if self._chance.random() < 0.02:
            acts.append(self._crash())
        await asyncio.gather(*acts)
        return str((await service.wait(job, 30)).state)

    async def _retry(self, job: str) -> None:
        await asyncio.sleep(self._chance.uniform(0, 0.02))
        with contextlib.suppress(ConflictError):
            await self._parts.service.retry(job)
            self._retried[job] += 1

    async def _crash(self) -> None:
        (engine, *_) = (await self._parts.service.status()).engines
        if engine.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(engine.pid, signal.SIGKILL)

    async def problems(self) -> list[str]:
        """What is wrong: more ends than lives, an end without its pictures, a bus that tells otherwise."""
        found = []
        rows = await self._parts.database.read(
            lambda c: c.execute(history.select().where(history.c.what.in_(sorted(TERMINAL)))).all()
        )
        ends: dict[str, list[str]] = {}
        for row in rows:
            ends.setdefault(row.job_id, []).append(row.what)
        for job in await self._parts.service.jobs():
            lives = 1 + self._retried[job.id]
            if len(ends.get(job.id, [])) != lives:
                found.append(f"{job.id} lived {lives} times and ended as {ends.get(job.id)}")
            if bool(job.pictures) != (job.state == "done"):
                found.append(f"{job.id} is {job.state} with {len(job.pictures)} pictures")
            told = [state for state in self._said.get(job.id, []) if state in TERMINAL]
            if job.state not in told or set(told) - set(ends[job.id]):
                found.append(f"{job.id} ended as {ends[job.id]}, the bus told {told}")
        return found


async def test_a_cancelled_job_ends_once_and_the_bus_tells_the_truth(drawing: Any) -> None:
    race = Race(drawing, seed=11)
    await race.run(1, at_once=1)  # the engine is up, with the task that listens to it
    before = len(asyncio.all_tasks())
    ends = await race.run(120, at_once=6)
    await asyncio.sleep(0.1)
    assert len(asyncio.all_tasks()) <= before, "no task is left behind"
    assert await race.problems() == []
    assert ends["cancelled"] > 0
    assert ends.keys() <= {"done", "cancelled"}


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_a_thousand_cancelled_jobs_end_once(drawing: Any) -> None:
    race = Race(drawing, seed=12)
    ends = await race.run(1_002, at_once=6)
    print(ends)
    assert await race.problems() == []
