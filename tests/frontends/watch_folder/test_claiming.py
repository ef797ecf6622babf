"""Row, rename, read, submit: and a crash at every arrow."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

from config import failpoints
from frontends.files import paths
from frontends.watch_folder import claiming

ARROWS = ["order.after_row", "order.after_rename", "order.after_submit", "order.before_done", "order.after_done"]
DELIVERY = ["delivery.before", "delivery.after"]


class Crash(BaseException):
    """The process is gone."""


@pytest.fixture
def crash_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Die at a failpoint: nothing after it runs, as by kill -9; None: nowhere."""

    def arm(place: str | None) -> None:
        def reach(name: str) -> None:
            assert name in failpoints.NAMES
            if name == place:
                raise Crash(name)

        monkeypatch.setattr(failpoints, "reach", reach)

    return arm


@pytest.mark.parametrize("place", ARROWS + DELIVERY)
@pytest.mark.parametrize("again", [1, 3])
async def test_a_crash_at_any_arrow_gives_exactly_one_job_a_line(
    world: Any, crash_at: Callable[[str | None], None], place: str, again: int
) -> None:
    """1. Three lines are dropped. 2. The process dies there, perhaps again. 3. It runs on. Result: three pictures."""
    world.drop("a.txt", "one\ntwo\nthree\n")
    crash_at(place)
    crashes = 0
    for _ in range(again):
        try:
            await world.finish()
        except Crash:
            crashes += 1
        world.restart()
    assert crashes >= 1
    crash_at(None)
    await world.finish()
    assert sorted(world.service.prompts) == ["one", "three", "two"]
    assert world.results == ["a-0001.png", "a-0002.png", "a-0003.png"]
    assert world.done == ["2027-01-15/a.txt"]
    assert world.left == []


@pytest.mark.parametrize("place", ARROWS)
async def test_a_crash_at_any_arrow_of_a_failing_file_leaves_one_text(
    world: Any, crash_at: Callable[[str | None], None], place: str
) -> None:
    world.drop("a.jsonl", '{"prompt": "one"}\n{"steps": 0, "prompt": "two"}\n')
    crash_at(place)
    with pytest.raises(Crash):
        await world.finish()
    world.restart()
    crash_at(None)
    await world.finish()
    assert world.service.prompts == ["one"]
    assert world.failed == ["a.jsonl", "a.jsonl.error.txt"]
    assert world.left == []


@pytest.mark.parametrize("place", ARROWS)
async def test_a_crash_at_any_arrow_keeps_a_picture_and_its_sidecar_together(
    world: Any, crash_at: Callable[[str | None], None], png: bytes, place: str
) -> None:
    world.drop("cat.png", png)
    world.drop("cat.txt", "make it blue")
    crash_at(place)
    with pytest.raises(Crash):
        await world.finish()
    world.restart()
    crash_at(None)
    await world.finish()
    assert world.service.prompts == ["make it blue"]
    assert world.done == ["2027-01-15/cat.png", "2027-01-15/cat.txt"]


async def test_a_crash_between_sidecar_and_picture_finishes_the_claim(
    world: Any, monkeypatch: pytest.MonkeyPatch, png: bytes
) -> None:
    world.drop("cat.png", png)
    world.drop("cat.txt", "make it blue")
    rename = os.rename

    def dying(source: str, target: str, **more: Any) -> None:
        if source == "cat.png":
            raise Crash
        rename(source, target, **more)

    monkeypatch.setattr(os, "rename", dying)
    with pytest.raises(Crash):
        await world.settle()
    assert world.left[-1] == "cat.png"
    monkeypatch.setattr(os, "rename", rename)
    world.restart()
    await world.finish()
    assert world.service.prompts == ["make it blue"]
    assert world.done == ["2027-01-15/cat.png", "2027-01-15/cat.txt"]


async def test_the_file_lies_in_processing_while_it_is_drawn(world: Any) -> None:
    world.drop("a.txt")
    await world.settle()
    [order] = world.service.all_orders()
    assert world.left == [f".processing/{order.id}/a.txt"]


async def test_a_file_that_went_before_it_was_taken_leaves_no_order(
    world: Any, crash_at: Callable[[str | None], None]
) -> None:
    path = world.drop("a.txt")
    crash_at("order.after_row")
    with pytest.raises(Crash):
        await world.settle()
    path.unlink()
    crash_at(None)
    world.restart()
    await world.finish()
    assert world.service.prompts == []
    assert [row.state for row in world.service.all_orders()] == ["ended"]
    assert world.left == []


async def test_a_file_that_changed_after_its_row_is_looked_at_anew(
    world: Any, crash_at: Callable[[str | None], None]
) -> None:
    world.drop("a.txt", "one")
    crash_at("order.after_row")
    with pytest.raises(Crash):
        await world.settle()
    world.drop("a.txt", "another text")
    crash_at(None)
    world.restart()
    await world.finish()
    assert world.service.prompts == ["another text"]


async def test_two_daemons_on_one_folder_take_each_file_once(make_world: Any, world: Any) -> None:
    """Each with its own rows. Result: every file became a job of one of them."""
    other = make_world()
    for number in range(40):
        world.drop(f"{number}.txt", f"prompt {number}")
    for _ in range(4):
        await world.look(1)
        await other.look(1)
    both = world.service.prompts + other.service.prompts
    assert sorted(both) == sorted(f"prompt {number}" for number in range(40))


async def test_a_busy_file_is_tried_again_ever_less_often_and_never_dropped(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EACCES for an hour. Result: said in the status, tried a bounded number of times, taken when it heals."""
    world.drop("a.txt")
    tries = 0
    ready = claiming.ready

    def busy(*_: Any) -> bool:
        nonlocal tries
        tries += 1
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(claiming, "ready", busy)
    for _ in range(720):
        await world.look(5)
    assert "Permission denied" in world.folder.status()
    assert 30 < tries < 100
    monkeypatch.setattr(claiming, "ready", ready)
    await world.look(61)
    assert world.service.prompts == ["a red apple"]
    assert world.folder.problems == ()


async def test_in_a_read_only_folder_the_row_is_the_claim(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files stay where they are; each appearance is drawn once, also after a restart; a changed file is a new order."""
    monkeypatch.setattr(claiming, "is_writable", lambda _: False)
    world.drop("a.txt", "one")
    world.drop("bad.txt", b"\xff\xfe\x00")
    await world.finish()
    world.restart()
    await world.finish()
    assert world.service.prompts == ["one"]
    assert world.left == ["a.txt", "bad.txt"]
    assert world.results == ["a.png"]
    assert world.failed == ["bad.txt.error.txt"]
    world.drop("a.txt", "two words")
    await world.finish()
    assert world.service.prompts == ["one", "two words"]


async def test_a_folder_that_goes_away_with_open_orders_waits_for_its_return(world: Any) -> None:
    world.drop("a.txt", "one\ntwo")
    await world.settle()
    world.inbox.rename(world.state_dir / "away")
    world.service.draw()
    await world.service.deliver()
    await world.look(31)
    assert "degraded" in world.folder.status()
    (world.state_dir / "away").rename(world.inbox)
    await world.look(31)
    await world.look(31)
    assert world.done == ["2027-01-15/a.txt"]


def test_names_survive_the_way_through_a_row() -> None:
    for raw in (b"plain.txt", b"caf\xe9.txt", b"bytes:x", b"100%.txt", b"a\nb.txt", "ü.txt".encode()):
        name = os.fsdecode(raw)
        text = paths.to_row(name)
        text.encode()
        assert paths.from_row(text) == name
