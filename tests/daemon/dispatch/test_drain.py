"""How the dispatcher stops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from daemon.dispatch import dispatcher, drawing
from daemon.dispatch.choosing import Choosing
from daemon.dispatch.held import HeldJob
from daemon.dispatch.ledger import Claimed, Ledger

from .conftest import BuildFloor, Floor


async def test_an_idle_dispatcher_stops_at_once(floor: Floor) -> None:
    await floor.engine_pid()
    began = time.monotonic()
    await floor.dispatcher.drain(20)
    assert time.monotonic() - began < 1.0
    assert floor.dispatcher.snapshot()[0].state == "stopped"


async def test_running_jobs_finish_within_the_grace_and_waiting_ones_stay(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": 0.01})
    jobs = [await floor.submit(f"job {number}", steps=20, seed=number) for number in range(30)]
    await floor.ended(jobs[0])
    await floor.dispatcher.drain(20)
    states = [(await floor.job(job_id)).state for job_id in jobs]
    assert set(states) == {"done", "queued"}
    assert states.count("done") >= 8


async def test_jobs_that_do_not_finish_in_time_are_released_with_their_attempt(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": 0.01})
    job_id = await floor.submit(steps=150, count=60)
    await floor.running(job_id)
    await floor.until(lambda: asyncio.sleep(0, bool(floor.files_on_disk())))
    await floor.dispatcher.drain(0.1)
    job = await floor.job(job_id)
    assert (job.state, job.attempt, job.alone) == ("queued", 0, False)
    assert floor.files_on_disk() == set()


async def test_a_second_drain_cuts_the_grace_short(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": 0.01})
    job_id = await floor.submit(steps=150, count=60)
    await floor.running(job_id)
    first = asyncio.create_task(floor.dispatcher.drain(60))
    await asyncio.sleep(0)
    began = time.monotonic()
    await floor.dispatcher.drain(0)
    await first
    assert time.monotonic() - began < 3.0
    assert (await floor.job(job_id)).state == "queued"


async def test_after_a_drain_nothing_is_claimed(floor: Floor) -> None:
    await floor.engine_pid()
    await floor.dispatcher.drain(1)
    job_id = await floor.submit()
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert (await floor.job(job_id)).state == "queued"


@pytest.mark.parametrize("slow", ["the claim", "the model"])
async def test_jobs_of_a_claim_under_way_are_released_when_the_grace_is_cut_short(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    floor = build()
    await floor.engine_pid()
    under_way, go_on, claim = asyncio.Event(), asyncio.Event(), Ledger.claim

    async def late(self: Ledger, choosing: Callable[[], Choosing], limit: int) -> Claimed:
        claimed = await claim(self, choosing, limit)
        if claimed.jobs:
            under_way.set()
            asyncio.get_running_loop().call_later(0.2, go_on.set)
            await go_on.wait()
        return claimed

    async def endless(*_: object, **__: object) -> HeldJob:
        under_way.set()
        await go_on.wait()
        raise AssertionError

    if slow == "the claim":
        monkeypatch.setattr(Ledger, "claim", late)
    else:
        monkeypatch.setattr(drawing, "prepare", endless)
        monkeypatch.setattr(dispatcher, "CLAIM_GRACE_SECONDS", 0.1)
    job_id = await floor.submit()
    await under_way.wait()
    await floor.dispatcher.drain(0)
    job = await floor.job(job_id)
    assert (job.state, job.attempt, job.alone) == ("queued", 0, False)
