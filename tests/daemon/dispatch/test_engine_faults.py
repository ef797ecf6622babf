"""What becomes of jobs when the engine misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from config.settings import EngineSettings
from daemon.dispatch import station
from daemon.engines import local
from daemon.engines.contract import EngineGoneError, RunningEngine
from pipeline.messages import Drawn, ToDaemon

from .conftest import BuildFloor, Floor


async def test_a_killed_engine_is_replaced_and_its_jobs_are_done(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": 0.02})
    jobs = [await floor.submit(f"job {number}", steps=20, seed=number) for number in range(8)]
    await floor.running(jobs[0])
    before = await floor.engine_pid()
    floor.kill_engine()
    ended = await floor.ended(*jobs)
    assert {job.state for job in ended} == {"done"}
    assert await floor.engine_pid() != before
    assert floor.files_on_disk() == {picture.path for job in ended for picture in job.pictures}


@pytest.mark.parametrize("word", ["crash", "segv", "exit", "raise"])
async def test_a_job_that_kills_every_engine_is_dead_and_its_neighbours_are_done(floor: Floor, word: str) -> None:
    jobs = [await floor.submit(f"[{word}]")] + [await floor.submit(f"job {number}", seed=number) for number in range(8)]
    poison, *others = await floor.ended(*jobs)
    assert (poison.state, poison.attempt) == ("dead", 3)
    assert poison.error is not None
    assert {job.state for job in others} == {"done"}
    assert "engine" not in floor.conditions.now


async def test_a_hanging_engine_is_killed_and_the_jobs_go_on(build: BuildFloor) -> None:
    floor = build(engine={"stall_seconds": 0.4})
    hung, other = await floor.submit("[hang-once]"), await floor.submit("a dog")
    ended = await floor.ended(hung, other)
    assert {job.state for job in ended} == {"done"}
    assert any("no sign of life" in said for said in floor.conditions.ever)


async def test_a_job_that_hangs_every_engine_is_given_up(build: BuildFloor) -> None:
    floor = build(queue={"max_attempts": 1}, engine={"stall_seconds": 0.4})
    (job,) = await floor.ended(await floor.submit("[hang]"))
    assert job.state == "dead"
    assert any("no sign of life" in said for said in floor.conditions.ever)


async def test_an_engine_that_keeps_a_job_waiting_for_long_is_left_alone(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [0.0]
    monkeypatch.setattr(station, "_now", lambda: asyncio.get_running_loop().time() + later[0])
    floor = build(queue={"job_deadline_seconds": 60.0}, engine={"fake_step_s": 0.05, "stall_seconds": 1e6})
    job_id = await floor.submit(steps=20)
    await floor.running(job_id)
    later[0] = 3600.0
    (job,) = await floor.ended(job_id)
    assert (job.state, job.attempt) == ("done", 1)
    assert floor.conditions.ever == []


async def test_an_overdue_job_is_tried_again_and_given_up(build: BuildFloor) -> None:
    floor = build(queue={"job_deadline_seconds": 0.05, "max_attempts": 2}, engine={"fake_step_s": 0.02})
    (job,) = await floor.ended(await floor.submit(steps=100))
    assert (job.state, job.attempt) == ("dead", 2)
    assert job.error is not None
    assert "longer than it may" in job.error.message


@pytest.mark.parametrize("word", ["corrupt", "short"])
async def test_a_fault_that_may_pass_is_tried_as_often_as_allowed(floor: Floor, word: str) -> None:
    (job,) = await floor.ended(await floor.submit(f"[{word}]"))
    assert (job.state, job.attempt, job.pictures) == ("dead", 3, ())
    assert floor.files_on_disk() == set()


async def test_a_damaged_second_picture_takes_the_first_one_along(floor: Floor) -> None:
    (job,) = await floor.ended(await floor.submit("[corrupt]", count=3))
    assert (job.state, job.pictures) == ("dead", ())
    await floor.until(lambda: asyncio.sleep(0, not floor.files_on_disk()))


async def test_a_fault_that_passes_costs_an_attempt_and_nothing_else(floor: Floor) -> None:
    (job,) = await floor.ended(await floor.submit("[fail-once]"))
    assert (job.state, job.attempt, len(job.pictures)) == ("done", 2, 1)


@pytest.mark.parametrize(("word", "kind"), [("fail-user", "user"), ("oom", "user"), ("fatal", "fatal")])
async def test_a_fault_that_stays_ends_the_job_at_once(floor: Floor, word: str, kind: str) -> None:
    (job,) = await floor.ended(await floor.submit(f"[{word}]"))
    assert (job.state, job.attempt) == ("failed", 1)
    assert job.error is not None
    assert job.error.kind == kind


async def test_an_engine_that_can_not_start_is_told_and_jobs_wait_for_one_that_can(build: BuildFloor) -> None:
    broken = [True]

    async def start() -> RunningEngine:
        if broken[0]:
            raise EngineGoneError("ModuleNotFoundError: No module named 'torch'")
        return await local.start(EngineSettings(kind="fake", fake_step_s=0.001))

    floor = build(start_engine=start)
    job_id = await floor.submit()
    await floor.until(lambda: asyncio.sleep(0, len(floor.conditions.ever) >= 3))
    status = floor.dispatcher.snapshot()[0]
    assert status.state in ("waiting", "starting")
    assert status.problem is not None
    assert "torch" in status.problem
    assert (await floor.job(job_id)).state == "queued"
    broken[0] = False
    (job,) = await floor.ended(job_id)
    assert (job.state, job.attempt) == ("done", 1)
    assert "engine" not in floor.conditions.now


async def test_an_engine_that_sends_more_pictures_than_asked_for_is_replaced(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiled = [True]
    receive = local.EngineProcess.receive

    async def twice(engine: local.EngineProcess) -> Sequence[ToDaemon]:
        said = list(await receive(engine))
        drawn = [message for message in said if isinstance(message, Drawn)] if spoiled[0] else []
        spoiled[0] = spoiled[0] and not drawn
        return [*drawn, *said]

    monkeypatch.setattr(local.EngineProcess, "receive", twice)
    floor = build()
    (job,) = await floor.ended(await floor.submit(steps=2, count=3))
    assert (job.state, job.attempt, len(job.pictures)) == ("done", 2, 3)
    assert any("not asked for" in said for said in floor.conditions.ever)
    assert floor.files_on_disk() == {picture.path for picture in job.pictures}
