"""A paused queue whose engine gives its memory back."""

from __future__ import annotations

import asyncio

from support.processes import wait_until_gone

from daemon.events import JobProgress
from daemon.happenings import EngineChanged
from storage import queue

from .conftest import BuildFloor, Floor


def state(floor: Floor) -> str:
    return floor.dispatcher.snapshot()[0].state


async def free(floor: Floor) -> None:
    await floor.database.write(lambda connection: queue.pause(connection, free_memory=True))
    floor.dispatcher.free_memory(True)


async def resume(floor: Floor) -> None:
    await floor.database.write(queue.resume)
    floor.dispatcher.free_memory(False)
    floor.dispatcher.wake()


async def until(floor: Floor, wanted: str) -> None:
    async def look() -> bool | None:
        return True if state(floor) == wanted else None

    await floor.until(look)


async def test_the_engine_ends_after_its_job_and_comes_back_with_the_next(floor: Floor) -> None:
    """
    1. A job is drawn when the queue is paused with its memory. 2. It ends as if nothing were; then the engine process
    is gone, which is no fault, and another job waits. 3. After the resume that job is drawn by another process.
    """
    changes: list[str] = []
    floor.bus.listen(lambda event: changes.append(event.state) if isinstance(event, EngineChanged) else None)
    with floor.bus.subscribe() as events:
        running = await floor.submit("a cat", steps=60)
        async with asyncio.timeout(20):
            async for event in events:
                if isinstance(event, JobProgress):
                    break
    pid = floor.dispatcher.snapshot()[0].pid
    assert pid is not None
    await free(floor)
    assert state(floor) != "freed"
    (job,) = await floor.ended(running)
    assert (job.state, job.attempt) == ("done", 1)
    await until(floor, "freed")
    await asyncio.to_thread(wait_until_gone, pid, 10)
    later = await floor.submit("a dog")
    await asyncio.sleep(0.3)
    assert (await floor.job(later)).state == "queued"
    assert floor.dispatcher.snapshot()[0].pid is None
    assert floor.conditions.ever == []
    await resume(floor)
    (job,) = await floor.ended(later)
    assert job.state == "done"
    assert floor.dispatcher.snapshot()[0].pid != pid
    assert changes == ["ready", "freed", "ready"]


async def test_no_engine_is_started_while_the_memory_is_to_be_free(build: BuildFloor) -> None:
    floor = build(start=False)
    await floor.database.write(lambda connection: queue.pause(connection, free_memory=True))
    waiting = await floor.submit("a cat")
    floor.start()
    await until(floor, "freed")
    await asyncio.sleep(0.2)
    assert floor.dispatcher.snapshot()[0].pid is None
    await resume(floor)
    assert (await floor.ended(waiting))[0].state == "done"


async def test_a_wish_that_comes_while_the_engine_starts_is_kept_and_taken_back(build: BuildFloor) -> None:
    floor = build(start=False)
    floor.start()
    while state(floor) != "starting":
        await asyncio.sleep(0)
    await free(floor)
    await until(floor, "freed")
    for _ in range(3):
        await resume(floor)
        await free(floor)
    await resume(floor)
    assert (await floor.ended(await floor.submit("a cat")))[0].state == "done"


async def test_a_stop_while_the_memory_is_free_is_at_once(floor: Floor) -> None:
    await until(floor, "ready")
    await free(floor)
    await until(floor, "freed")
    async with asyncio.timeout(5):
        await floor.dispatcher.drain(60)
