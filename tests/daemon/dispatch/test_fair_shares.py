"""Who is served when there is more to draw than the engine can: the real dispatcher, its queue, and an engine process.

Waits are told in forwards of the engine and shares in steps, which a loaded machine does not change.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.model_folders import model_folder

from daemon.fairness.alternatives import FIRST_COME
from daemon.happenings import ModelChanged
from pipeline.models.registry import Registry
from storage import queue
from storage.queue.job import Job

from .conftest import BuildFloor, Floor

STEP = 0.01


async def order_of_ends(floor: Floor, *job_ids: str) -> list[str]:
    """The jobs in the order in which they were done."""
    await floor.ended(*job_ids)
    wanted = set(job_ids)
    return [job for job, state in floor.changes if state == "done" and job in wanted]


async def forwards(floor: Floor) -> int:
    return floor.dispatcher.snapshot()[0].forwards


async def seconds_of(floor: Floor, job_ids: Sequence[str]) -> float:
    """Engine-seconds that these jobs had."""
    jobs = [await floor.job(job_id) for job_id in job_ids]
    return sum(job.engine_seconds for job in jobs)


async def test_a_person_joins_at_the_next_step_while_others_fill_the_engine(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": STEP})
    await floor.engine_pid()
    for lane in ("folder", "background"):
        for number in range(20):
            await floor.submit(f"{lane} {number}", lane=lane, owner=f"{lane}:1", steps=100, seed=number)
    await floor.until(lambda: asyncio.sleep(0, floor.dispatcher.snapshot()[0].forwards > 5))
    before = await forwards(floor)
    (person,) = await floor.ended(await floor.submit("now", owner="cli:9", steps=4))
    assert person.state == "done"
    assert await forwards(floor) - before < 60, "4 of its own, and what goes by until the test looks"


async def test_nobody_waits_behind_eight_long_jobs_of_another(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": STEP})
    await floor.engine_pid()
    long = [await floor.submit(f"long {n}", owner="cli:many", steps=150, seed=n) for n in range(12)]
    await floor.running(long[9])
    other = await floor.submit("short", owner="cli:other", steps=4)
    (job,) = await floor.ended(other)
    assert job.state == "done"
    assert [(await floor.job(each)).state for each in long].count("done") == 0


@pytest.mark.slow
async def test_a_lane_keeps_its_part_under_a_flood_of_people(build: BuildFloor) -> None:
    """Both have work all along: of the engine's time each has its part, and the folder not much less than it."""
    floor = build(
        start=False, engine={"fake_step_s": 0.004}, fairness={"quantum_seconds": 0.01, "switch_seconds": 0.01}
    )
    people = [await floor.submit(f"p {n}", owner=f"cli:{n % 20}", steps=10, seed=n) for n in range(400)]
    folder = [await floor.submit(f"f {n}", lane="folder", owner="folder:1", steps=10, seed=n) for n in range(400)]
    floor.start()
    await floor.until(lambda: asyncio.sleep(0, sum(state == "done" for _, state in floor.changes) >= 400))
    done = [job for job, state in floor.changes if state == "done"][:400]
    part = len(set(done) & set(folder)) / len(done)
    assert 0.14 <= part <= 0.35, part
    assert set(done) & set(people)


@pytest.mark.slow
async def test_what_is_least_urgent_is_not_starved_by_a_flood(build: BuildFloor) -> None:
    floor = build(
        start=False, engine={"fake_step_s": 0.004}, fairness={"quantum_seconds": 0.05, "switch_seconds": 0.05}
    )
    slow = await floor.submit("slowly", lane="background", owner="cli:night", steps=30)
    folder = [await floor.submit(f"f {n}", lane="folder", owner="folder:1", steps=10, seed=n) for n in range(500)]
    floor.start()
    (job,) = await floor.ended(slow)
    assert job.state == "done"
    left = [each.state for each in await floor.database.read(lambda c: queue.find(c, ids=folder))]
    assert left.count("queued") > 50


async def test_an_owner_has_no_more_on_board_than_he_may(build: BuildFloor) -> None:
    floor = build(start=False, queue={"max_running_per_owner": 2}, engine={"fake_step_s": 0.01})
    greedy = [await floor.submit(f"g {n}", owner="cli:greedy", steps=10, seed=n) for n in range(10)]
    others = [await floor.submit(f"o {n}", owner=f"cli:{n}", steps=10, seed=n) for n in range(4)]
    most: Counter[str] = Counter()
    floor.start()
    while not all(job.state == "done" for job in await jobs_of(floor, greedy + others)):
        running = Counter(job.owner for job in await jobs_of(floor, greedy + others) if job.state == "running")
        most |= running
        await asyncio.sleep(0.02)
    assert most["cli:greedy"] <= 4, "two on board, and two that are being recorded"
    assert floor.dispatcher.snapshot()[0].forwards >= 50, "ten jobs of ten steps, two at a time"


async def jobs_of(floor: Floor, ids: Sequence[str]) -> list[Job]:
    return await floor.database.read(lambda c: queue.find(c, ids=ids))


@pytest.mark.slow
async def test_weights_of_one_and_four_give_such_parts(build: BuildFloor) -> None:
    floor = build(
        start=False, engine={"fake_step_s": 0.004}, fairness={"weights": {"owner:cli:big": 4.0, "owner:cli:small": 1.0}}
    )
    big = [await floor.submit(f"b {n}", owner="cli:big", steps=6, seed=n) for n in range(300)]
    small = [await floor.submit(f"s {n}", owner="cli:small", steps=6, seed=n) for n in range(300)]
    floor.start()
    await floor.until(lambda: asyncio.sleep(0, sum(state == "done" for _, state in floor.changes) >= 200))
    done = [job for job, state in floor.changes if state == "done"][:200]
    of_small = len(set(done) & set(small))
    assert len(set(done) & set(big)) + of_small == 200
    assert 28 <= of_small <= 55, "a fifth, and what is on board"


@pytest.mark.slow
async def test_two_models_take_turns_in_bursts_and_not_job_by_job(build: BuildFloor, tmp_path: Path) -> None:
    floor = build(start=False, engine={"fake_step_s": 0.004, "fake_load_s": 0.05}, fairness={"affinity_seconds": 2.0})
    Registry(floor.settings.models_file).add("mine", model_folder(tmp_path / "mine"))
    jobs = [
        await floor.submit(f"{n}", owner="cli:1", model=("starter", "mine")[n % 2], steps=5, seed=n) for n in range(80)
    ]
    loads: list[str] = []

    async def note() -> None:
        with floor.bus.subscribe() as events:
            async for event in events:
                if isinstance(event, ModelChanged) and event.state == "loading":
                    loads.append(event.model)

    noting = asyncio.create_task(note())
    floor.start()
    ended = await floor.ended(*jobs)
    noting.cancel()
    assert {job.state for job in ended} == {"done"}
    assert 2 <= len(loads) <= 12, "80 jobs that came in turns: some bursts, not a load for each job"
    order = [job for job, state in floor.changes if state == "done"]
    half = [model_of(job, jobs) for job in order[:40]]
    assert min(half.count(0), half.count(1)) >= 4, "neither waits for all of the other"


def model_of(job: str, jobs: list[str]) -> int:
    return jobs.index(job) % 2


async def test_times_are_paid_when_all_is_done(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": 0.002})
    ids = [await floor.submit(f"{n}", owner="cli:1", steps=5, seed=n) for n in range(20)]
    await floor.ended(*ids)
    had = await seconds_of(floor, ids)
    row = "SELECT virtual_time FROM lane_owners WHERE lane = 0"
    paid = await floor.database.read(lambda c: c.exec_driver_sql(row).scalar_one())
    assert had > 0
    assert abs(paid - had) < 1e-6 * had + 1e-9


async def test_first_come_first_served_is_what_it_says(build: BuildFloor) -> None:
    floor = build(start=False, engine={"fake_step_s": 0.002}, policy=FIRST_COME)
    folder = [await floor.submit(f"f {n}", lane="folder", owner="folder:1", steps=4, seed=n) for n in range(40)]
    person = await floor.submit("now", owner="cli:9", steps=4)
    floor.start()
    ends = await order_of_ends(floor, *folder, person)
    assert person in ends[-8:]
