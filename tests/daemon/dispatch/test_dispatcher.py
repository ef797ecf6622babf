"""Jobs from the queue through a real engine process to recorded results."""

from __future__ import annotations

import asyncio
import hashlib

from PIL import Image

from daemon.fairness.estimates import Speeds
from pipeline.records import read_png
from storage import queue, speeds

from .conftest import BuildFloor, Floor


async def test_a_queued_job_is_drawn_and_recorded(floor: Floor) -> None:
    job_id = await floor.submit("a red apple", seed=7, width=128)
    (job,) = await floor.ended(job_id)
    assert (job.state, job.attempt) == ("done", 1)
    (picture,) = job.pictures
    data = (floor.settings.state_dir / picture.path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == picture.sha256
    assert (picture.seed, picture.width, picture.height, picture.bytes) == (7, 128, 64, len(data))
    with Image.open(floor.settings.state_dir / picture.path) as image:
        assert hashlib.sha256(image.convert("RGB").tobytes()).hexdigest() == picture.pixels_sha256


async def test_the_file_carries_its_record(floor: Floor) -> None:
    (job,) = await floor.ended(await floor.submit("a red apple", seed=7))
    record = read_png((floor.settings.state_dir / job.pictures[0].path).read_bytes()).record
    assert record is not None
    assert (record.job_id, record.picture_id, record.request) == (job.id, job.pictures[0].id, job.request)
    assert (record.model.name, record.facts["engine"]) == ("starter", "fake")


async def test_every_picture_of_a_job_is_recorded_in_order(floor: Floor) -> None:
    (job,) = await floor.ended(await floor.submit(count=5, seed=2**32 - 2))
    assert [picture.index for picture in job.pictures] == [0, 1, 2, 3, 4]
    assert [picture.seed for picture in job.pictures] == [2**32 - 2, 2**32 - 1, 0, 1, 2]
    assert floor.files_on_disk() == {picture.path for picture in job.pictures}


async def test_states_are_told_in_order_and_once(floor: Floor) -> None:
    job_id = await floor.submit()
    await floor.ended(job_id)
    await floor.until(lambda: asyncio.sleep(0, (job_id, "done") in floor.changes))
    assert [state for name, state in floor.changes if name == job_id] == ["running", "done"]


async def test_jobs_that_wait_together_share_their_forwards(build: BuildFloor) -> None:
    floor = build(start=False)
    jobs = [await floor.submit(f"job {steps}", steps=steps) for steps in range(8, 15 + 1)]
    floor.start()
    await floor.ended(*jobs)
    status = floor.dispatcher.snapshot()[0]
    assert (status.forwards, status.steps) == (15, sum(range(8, 16)))


async def test_counters_include_every_job_that_is_shown_as_ended(floor: Floor) -> None:
    for count in range(1, 6):
        await floor.ended(await floor.submit(steps=3, seed=count))
        assert floor.dispatcher.snapshot()[0].steps == 3 * count


async def test_many_more_jobs_than_rows_all_end_done(floor: Floor) -> None:
    jobs = [await floor.submit(f"number {number}", seed=number) for number in range(60)]
    ended = await floor.ended(*jobs)
    assert [(job.state, job.attempt) for job in ended] == [("done", 1)] * 60
    assert floor.files_on_disk() == {picture.path for job in ended for picture in job.pictures}


async def test_an_interactive_job_overtakes_background_jobs_that_fill_the_engine(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": 0.02})
    background = [await floor.submit(f"slowly {n}", lane="background", steps=60, seed=n) for n in range(20)]
    await floor.running(background[0])
    (person,) = await floor.ended(await floor.submit("now", steps=2))
    assert person.state == "done"
    assert "done" not in [(await floor.job(job_id)).state for job_id in background]


async def test_a_running_job_is_cancelled_at_its_next_step(build: BuildFloor) -> None:
    from storage import queue

    floor = build(engine={"fake_step_s": 0.02})
    job_id = await floor.submit(steps=150, count=60)
    job = await floor.running(job_id)
    said = await floor.database.write(lambda connection: queue.cancel(connection, job_id, now=1))
    assert said == "running"
    floor.dispatcher.cancel(job_id, job.attempt)
    (job,) = await floor.ended(job_id)
    assert (job.state, job.pictures) == ("cancelled", ())
    await floor.until(lambda: asyncio.sleep(0, not floor.files_on_disk()))


async def test_a_job_is_cancelled_whenever_the_wish_comes(floor: Floor) -> None:
    """The wish may come before, while and after a claim is committed: each job ends, in one state, at once."""
    from storage import queue

    for turn in range(40):
        job_id = await floor.submit(f"turn {turn}", steps=150, count=10)
        for _ in range(turn % 20):
            await asyncio.sleep(0)
        said = await floor.database.write(lambda connection, job_id=job_id: queue.cancel(connection, job_id, now=1))
        if said == "running":
            floor.dispatcher.cancel(job_id, (await floor.job(job_id)).attempt)
        (job,) = await floor.ended(job_id)
        assert job.state == "cancelled"


async def test_an_image_to_image_job_gets_its_input(floor: Floor) -> None:
    import io

    from storage import inputs

    file = io.BytesIO()
    Image.new("RGB", (64, 64), (255, 0, 0)).save(file, "PNG")
    digest = inputs.save(floor.settings.state_dir, file.getvalue())
    (job,) = await floor.ended(await floor.submit(image=digest, denoising_strength=0.0, steps=4))
    assert job.state == "done"
    with Image.open(floor.settings.state_dir / job.pictures[0].path) as image:
        assert image.convert("RGB").getpixel((3, 3)) == (255, 0, 0)


async def test_a_missing_input_fails_the_job_and_names_it(floor: Floor) -> None:
    bad, good = await floor.submit(image="0" * 64), await floor.submit()
    failed, done = await floor.ended(bad, good)
    assert (failed.state, done.state) == ("failed", "done")
    assert failed.error is not None
    assert failed.error.kind == "user"


async def test_progress_is_published(floor: Floor) -> None:
    from daemon.events import JobProgress

    job_id = await floor.submit(steps=5)
    steps = []
    with floor.bus.subscribe(job_id) as events:
        async for event in events:
            if isinstance(event, JobProgress):
                steps.append((event.step, event.steps))
            elif getattr(event, "state", "") == "done":
                break
    assert steps[-1] == (5, 5)


async def test_leases_of_running_jobs_are_renewed(build: BuildFloor) -> None:
    from sqlalchemy import text

    floor = build(queue={"lease_seconds": 0.3}, engine={"fake_step_s": 0.02})
    job_id = await floor.submit(steps=150)
    await floor.running(job_id)

    async def lease() -> int:
        return await floor.database.read(
            lambda connection: connection.execute(
                text("SELECT lease_until FROM jobs WHERE id = :id"), {"id": job_id}
            ).scalar_one()
        )

    first = await lease()
    await floor.until(lambda: _later(lease, first))


async def _later(lease, first: int) -> bool:  # type: ignore[no-untyped-def]
    return await lease() > first


async def test_what_a_job_took_is_recorded_with_it_and_learnt_for_the_next(floor: Floor) -> None:
    """1. Jobs of two lengths. 2. What they took stands in their rows. 3. The next start knows what to expect."""
    jobs = await floor.ended(*[await floor.submit(steps=steps, seed=steps) for steps in (5, 10, 5, 10)])
    assert all(job.engine_seconds > 0 for job in jobs)
    found = Speeds.of(await floor.database.read(speeds.read))
    short, long = (found.engine_seconds(job.request) for job in jobs[:2])
    assert 0 < short < long
    assert found.seen(jobs[0].request) > 3
    assert "starter" in found.loads


async def test_a_cancelled_job_took_what_the_engine_says(build: BuildFloor) -> None:
    floor = build(engine={"fake_step_s": 0.02})
    job_id = await floor.submit(steps=150)
    job = await floor.running(job_id)
    await floor.until(lambda: asyncio.sleep(0, floor.dispatcher.snapshot()[0].steps > 2))
    await floor.database.write(lambda connection: queue.cancel(connection, job_id, now=0))
    floor.dispatcher.cancel(job_id, job.attempt)
    (job,) = await floor.ended(job_id)
    assert job.state == "cancelled"
    assert job.engine_seconds >= 0.04
    assert Speeds.of(await floor.database.read(speeds.read)).seen(job.request) == 0
