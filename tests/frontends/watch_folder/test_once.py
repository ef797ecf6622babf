"""When a folder that is carried out once is over: nothing waits for ever, and what is left is named."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from frontends.files import whole_files
from frontends.watch_folder import claiming
from frontends.watch_folder.once import Summary

MINUTES = 60


async def over(world: Any, minutes: float = 10) -> dict[str, str] | None:
    """Look and draw until the folder says that it is over."""
    for _ in range(int(minutes * MINUTES / 2)):
        await world.look(2)
        left: dict[str, str] | None = world.folder.left()
        if left is not None:
            return left
        world.service.draw()
        await world.service.deliver()
    return None


async def test_an_empty_folder_is_over_at_once(world: Any) -> None:
    await world.look()
    assert world.folder.left() == {}


async def test_a_folder_is_over_once_all_is_drawn_delivered_and_put_away(make_world: Any) -> None:
    world = make_world(max_open_jobs=4)
    for number in range(30):
        world.drop(f"{number}.txt", "one\ntwo\n")
    world.drop("bad.toml", "prompt = ")
    assert await over(world) == {}
    assert world.left == []
    assert Summary.of([(world.folder, {})]) == Summary(30, ("inbox/bad.toml",), {})
    assert not Summary.of([(world.folder, {})]).is_clean


async def test_a_file_that_is_written_to_for_ever_is_left_and_named(world: Any) -> None:
    world.drop("good.txt")
    path = world.drop("endless.txt", "")
    for number in range(200):
        path.write_text("x" * number)
        await world.look(2)
        world.service.draw()
        await world.service.deliver()
        if world.folder.left() is not None:
            break
    assert world.folder.left() == {"endless.txt": "it did not settle, or what belongs to it is missing"}
    assert world.done == ["2027-01-15/good.txt"]


async def test_a_picture_whose_sidecar_never_comes_is_left_and_named(make_world: Any, png: bytes) -> None:
    world = make_world(orphans="wait")
    world.drop("cat.png", png)
    left = await over(world)
    assert left is not None
    assert list(left) == ["cat.png"]


@pytest.mark.parametrize("place", ["reading", "claiming", "putting away"])
async def test_a_file_that_can_not_be_handled_is_left_with_the_reason(
    world: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def denied(*_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    module, name = {
        "reading": (claiming, "ready"),
        "claiming": (claiming, "_bring"),
        "putting away": (whole_files, "move"),
    }[place]
    monkeypatch.setattr(module, name, denied)
    world.drop("a.txt")
    assert await over(world) == {"a.txt": "Permission denied"}


async def test_a_folder_that_is_away_is_left_with_the_reason(world: Any) -> None:
    world.inbox.rmdir()
    assert await over(world) == {str(world.inbox): "the folder can't be read (No such file or directory)"}
