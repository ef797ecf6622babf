"""Results, and where the file goes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from types import SimpleNamespace
from typing import Any

import pytest

from config.errors import RetryableError
from frontends.files import whole_files


async def test_a_result_is_the_recorded_picture_byte_for_byte_with_its_record_beside_it(world: Any) -> None:
    world.drop("a.toml", 'prompt = "a cat"\ntags = ["x"]')
    await world.finish()
    [job] = world.service.jobs_by_id.values()
    data = (world.places.outbox / "a.png").read_bytes()
    assert hashlib.sha256(data).hexdigest() == job.pictures[0].sha256
    record = json.loads((world.places.outbox / "a.png.json").read_text())
    assert record["picture_id"] == job.pictures[0].id
    assert record["request"]["prompt"] == "a cat"
    assert record["tags"] == ["x"]


async def test_records_beside_results_can_be_turned_off(make_world: Any) -> None:
    world = make_world(sidecar=False)
    world.drop("a.txt")
    await world.finish()
    assert world.files(world.places.outbox) == ["a.png"]


async def test_results_of_several_lines_and_pictures_are_numbered(world: Any) -> None:
    world.drop("list.jsonl", '"one"\n\n{"prompt": "three", "count": 2}\n')
    await world.finish()
    assert world.results == ["list-0001.png", "list-0003-1.png", "list-0003-2.png"]


async def test_a_second_delivery_writes_nothing_new(world: Any) -> None:
    world.drop("a.txt", "one\ntwo")
    await world.finish()
    before = {name: (world.places.outbox / name).stat().st_ino for name in world.files(world.places.outbox)}
    for job in list(world.service.jobs_by_id.values()):
        await world.service.deliver_again(job)
    await world.look(31)
    assert {name: (world.places.outbox / name).stat().st_ino for name in world.files(world.places.outbox)} == before


async def test_a_delivery_that_was_cut_off_between_record_and_picture_leaves_one_of_each(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("a.txt")
    await world.settle()
    world.service.draw()
    write = whole_files.write

    def failing(parent: int, name: str, data: bytes) -> None:
        if name.endswith(".png"):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(parent, name, data)

    monkeypatch.setattr(whole_files, "write", failing)
    with pytest.raises(RetryableError, match="No space left"):
        await world.service.deliver()
    monkeypatch.setattr(whole_files, "write", write)
    await world.service.deliver()
    assert world.files(world.places.outbox) == ["a.png", "a.png.json"]


async def test_results_of_others_are_never_written_over(world: Any) -> None:
    world.places.outbox.mkdir(parents=True)
    (world.places.outbox / "a.png").write_bytes(b"somebody's")
    (world.places.outbox / "a.2.png.json").write_bytes(b"{}")
    world.drop("a.txt")
    await world.finish()
    assert (world.places.outbox / "a.png").read_bytes() == b"somebody's"
    assert (world.places.outbox / "a.2.png.json").read_bytes() == b"{}"
    assert world.results == ["a.3.png", "a.png"]


async def test_two_orders_of_the_same_stem_both_keep_their_results(world: Any) -> None:
    world.drop("a.txt", "one")
    world.drop("a.csv", "prompt\ntwo\n")
    await world.finish()
    assert world.results == ["a.2.png", "a.png"]


async def test_whoever_watches_the_outbox_sees_whole_files_only(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name appears by a rename of a hidden file that was synced, the record before the picture."""
    steps: list[str] = []
    replace, fsync = os.replace, os.fsync

    def noted(source: Any, target: Any, **more: Any) -> None:
        steps.append(f"{os.path.basename(source)[0]}>{os.path.basename(target)}")
        replace(source, target, **more)

    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(os, "replace", noted)
    world.drop("a.txt")
    await world.settle()
    world.service.draw()
    steps.clear()
    await world.service.deliver()
    assert [step for step in steps if step != "fsync"] == [".>a.png.json", ".>a.png"]
    assert steps[steps.index(".>a.png") - 1] == "fsync"
    assert steps[-1] == "fsync", "the directory"


async def test_a_failed_job_sends_its_file_to_failed_with_the_reason(world: Any) -> None:
    world.drop("a.txt", "one\ntwo\nthree\n")
    await world.settle()
    _, two, three = world.service.jobs_by_id.values()
    world.service.end(two, "dead", SimpleNamespace(message="the engine died three times on it", hint=None))
    world.service.end(three, "cancelled")
    await world.finish()
    assert world.results == ["a-0001.png"]
    said = world.error("a.txt")
    assert "1 of 3 jobs were drawn" in said
    assert "line 2: the engine died three times on it" in said
    assert "line 3: cancelled" in said
    assert world.done == []


async def test_moving_a_failed_file_back_tries_again_and_a_success_clears_the_text(world: Any) -> None:
    world.drop("a.toml", "prompt = ")
    await world.finish()
    assert world.failed == ["a.toml", "a.toml.error.txt"]
    failed = world.places.failed
    (failed / "a.toml").rename(world.inbox / "a.toml")
    await world.finish()
    assert world.failed == ["a.toml", "a.toml.error.txt"], "still wrong: under its own name"
    (failed / "a.toml").unlink()
    world.drop("a.toml", 'prompt = "mended"')
    await world.finish()
    assert world.failed == []
    assert world.done == ["2027-01-15/a.toml"]


async def test_moving_everything_in_failed_back_makes_no_orders_of_the_texts(world: Any) -> None:
    world.drop("a.toml", "prompt = ")
    await world.finish()
    for path in world.places.failed.iterdir():
        path.rename(world.inbox / path.name)
    await world.finish()
    assert world.service.prompts == []
    assert world.failed == ["a.toml", "a.toml.error.txt"]


async def test_an_order_is_not_over_before_its_results_are_delivered(world: Any) -> None:
    world.drop("a.txt")
    await world.settle()
    world.service.draw()
    await world.look(31)
    assert world.done == []
    await world.service.deliver()
    await world.look(0.3)
    assert world.done == ["2027-01-15/a.txt"]


async def test_an_ending_follows_a_delivery_without_waiting_for_the_next_scan(world: Any) -> None:
    """The delivery is marked as done only after it was made. Result: the folder looks again a moment later."""
    world.drop("a.txt")
    await world.settle()
    [job] = world.service.draw()
    await world.service.deliver_again(job)
    assert await world.look() == world.clock.now + 250
    world.service.mark_delivered(job)
    await world.look(0.25)
    assert world.done == ["2027-01-15/a.txt"]


async def test_a_full_disk_at_the_end_is_said_and_heals(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.drop("a.txt")
    await world.settle()
    world.service.draw()
    await world.service.deliver()
    move = whole_files.move

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(whole_files, "move", full)
    await world.look(1)
    assert "No space left on device" in world.folder.status()
    monkeypatch.setattr(whole_files, "move", move)
    await world.look(61)
    assert world.done == ["2027-01-15/a.txt"]
    assert world.folder.problems == ()


async def test_done_may_lie_on_another_file_system(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = os.rename

    def across(source: Any, target: Any, **more: Any) -> None:
        if "/done/" in os.readlink(f"/proc/self/fd/{more['dst_dir_fd']}"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target, **more)

    monkeypatch.setattr(os, "rename", across)
    world.drop("a.txt", "kept")
    await world.finish()
    assert world.done == ["2027-01-15/a.txt"]
    assert (world.places.done / "2027-01-15" / "a.txt").read_text() == "kept"
    assert world.left == []
