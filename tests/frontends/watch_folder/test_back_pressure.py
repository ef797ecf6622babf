"""A folder has a bounded number of jobs open, however much lies in it."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from support.fake_folder_service import FakeService

from config.errors import BusyError
from frontends.watch_folder.orders import parse_text


def open_jobs(world: Any) -> int:
    return sum(job.state == "queued" for job in world.service.jobs_by_id.values())


async def test_files_beyond_the_bound_wait_in_the_folder(make_world: Any) -> None:
    world = make_world(max_open_jobs=8)
    for number in range(30):
        world.drop(f"{number:02}.txt", f"prompt {number}")
    await world.settle()
    assert open_jobs(world) == 8
    assert len([name for name in world.left if not name.startswith(".processing")]) == 22
    most = 0
    for _ in range(40):
        world.service.draw(3)
        await world.service.deliver()
        await world.look(1)
        most = max(most, open_jobs(world))
    assert most <= 8
    assert sorted(world.service.prompts) == sorted(f"prompt {number}" for number in range(30))
    assert len(world.done) == 30


async def test_lines_beyond_the_bound_wait_in_their_file(make_world: Any) -> None:
    world = make_world(max_open_jobs=10)
    world.drop("long.txt", "".join(f"prompt {number}\n" for number in range(95)))
    await world.settle()
    assert open_jobs(world) == 10
    for _ in range(60):
        world.service.draw(4)
        await world.service.deliver()
        await world.look(1)
        assert open_jobs(world) <= 10
    assert world.service.prompts == [f"prompt {number}" for number in range(95)]
    assert len(world.done) == 1


async def test_a_long_list_does_not_hold_up_a_file_that_comes_later(make_world: Any) -> None:
    world = make_world(max_open_jobs=10)
    world.drop("long.txt", "".join(f"prompt {number}\n" for number in range(1000)))
    await world.settle()
    world.drop("short.txt", "short")
    await world.look(2)
    await world.look(2)
    world.service.draw()
    await world.service.deliver()
    await world.look(1)
    assert "short" in world.service.prompts


async def test_many_long_files_are_not_all_opened_at_once(make_world: Any) -> None:
    world = make_world(max_open_jobs=4)
    for number in range(50):
        world.drop(f"{number}.txt", "one\ntwo\nthree\n" * 20)
    await world.settle()
    for _ in range(20):
        world.service.draw()
        await world.service.deliver()
        await world.look(1)
    assert len(await world.service.orders.open_orders("inbox")) <= 8


async def test_a_crash_in_a_long_list_goes_on_at_the_next_line(make_world: Any) -> None:
    world = make_world(max_open_jobs=10)
    world.drop("long.txt", "".join(f"prompt {number}\n" for number in range(35)))
    await world.settle()
    world.restart()
    for _ in range(10):
        world.service.draw()
        await world.service.deliver()
        await world.look(1)
        world.restart()
    await world.look(1)
    assert world.service.prompts == [f"prompt {number}" for number in range(35)]
    assert len(world.done) == 1


async def test_a_full_queue_is_waited_for(world: Any) -> None:
    world.service.busy = True
    world.drop("a.txt")
    await world.settle()
    assert "the queue is full" in world.folder.status()
    world.service.busy = False
    await world.look(61)
    assert world.service.prompts == ["a red apple"]
    assert world.folder.problems == ()


async def test_a_file_of_only_wrong_lines_ends_without_waiting_for_periodic_looks(make_world: Any) -> None:
    world = make_world(max_open_jobs=5)
    world.drop("bad.jsonl", '{"prompt": ""}\n' * 300)
    await world.look()
    soon = await world.look(2)
    for _ in range(100):
        if world.failed:
            break
        assert soon - world.clock.now < 1_000
        soon = await world.look(0.2)
    assert world.failed == ["bad.jsonl", "bad.jsonl.error.txt"]
    assert world.error("bad.jsonl").count("\nline ") == 300


async def test_wrong_files_take_no_room_from_right_ones(make_world: Any) -> None:
    """1. Six wrong files and one right one with room for two. Result: each look is followed by another at once."""
    world = make_world(max_open_jobs=2)
    for number in range(6):
        world.drop(f"{number}.toml", "prompt = ")
        world.clock.now += 1
    world.drop("z.txt")
    await world.look()
    soon = await world.look(2)
    for _ in range(10):
        if world.service.prompts:
            break
        assert soon - world.clock.now < 1_000
        soon = await world.look(0.2)
    assert world.service.prompts == ["a red apple"]


async def test_a_file_that_brings_out_a_defect_holds_up_no_other(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(file: Any) -> Any:
        if file.read() == b"poison":
            raise ZeroDivisionError
        file.seek(0)
        return parse(file)

    parse = parse_text.parse
    monkeypatch.setattr(parse_text, "parse", broken)
    world.drop("a.txt", "poison")
    world.drop("b.txt", "good")
    await world.finish()
    assert world.results == ["b.png"]
    assert "an internal error" in world.folder.status()


async def test_a_list_of_many_thousand_lines_is_never_held_in_memory(make_world: Any) -> None:
    world = make_world(max_open_jobs=10)
    world.drop("long.txt", "a prompt of some length, with things in it\n" * 80_000)
    await world.look()
    tracemalloc.start()
    try:
        await world.look(2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert open_jobs(world) == 10
    assert peak < 2_500_000, "the file alone has 3.4 MB"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(2_000, marks=[pytest.mark.slow, pytest.mark.timeout(300)]),
        pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(2400)]),
    ],
)
async def test_files_that_came_while_the_process_was_stopped_become_one_job_each(make_world: Any, files: int) -> None:
    """1. The process is stopped. 2. Files arrive, no event tells. 3. It goes on, with restarts. Result: each once."""
    world = make_world(max_open_jobs=500)
    if not isinstance(world.service, FakeService):
        files //= 10  # the whole daemon gets all of them in test_live
    await world.look()
    for number in range(files):
        world.drop(f"{number % 7}/{number}.txt", f"prompt {number}")
    await world.look(30)
    for passes in range(files // 100 + 20):
        await world.look(2)
        assert open_jobs(world) <= 500
        world.service.draw()
        await world.service.deliver()
        if passes % 5 == 4:
            world.restart()
        if len(world.service.prompts) == files and not world.left:
            break
    assert sorted(world.service.prompts) == sorted(f"prompt {number}" for number in range(files))
    assert len(world.results) == files


def test_the_busy_answer_is_one_that_may_be_tried_again() -> None:
    assert BusyError.kind == "retryable"


async def test_a_folder_is_filled_up_and_then_refilled_by_quarters(make_world: Any) -> None:
    world = make_world(max_open_jobs=8)
    for number in range(7):
        world.drop(f"{number}.txt", f"prompt {number}")
    await world.settle()
    assert open_jobs(world) == 7
    for number in range(7, 20):
        world.drop(f"{number}.txt", f"prompt {number}")
    await world.settle()
    assert open_jobs(world) == 8, "one more fits"
    world.service.draw(1)
    await world.settle()
    assert open_jobs(world) == 7, "it was full: it waits for a quarter"
    world.service.draw(1)
    await world.settle()
    assert open_jobs(world) == 8
