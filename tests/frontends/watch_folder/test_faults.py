"""Whatever the system answers while a file is read or moved: it is tried again, said meanwhile, and never dropped."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from frontends.files import paths, whole_files
from frontends.watch_folder import claiming
from frontends.watch_folder.looking.scan import Scan

ERRORS = [errno.EBUSY, errno.EACCES, errno.ENOENT, errno.ESTALE, errno.EIO]
PASSES = 30
"""In an hour."""
NAMES = [errno.errorcode[number] for number in ERRORS]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a function fail with an errno until it is mended; counts the tries."""

    class Broken:
        def __init__(self) -> None:
            self.tries = 0
            self._mend: Callable[[], None] = lambda: None

        def fail(self, module: Any, name: str, number: int, when: Callable[..., bool] = lambda *_, **__: True) -> None:
            whole = getattr(module, name)

            def failing(*given: Any, **more: Any) -> Any:
                if not when(*given, **more):
                    return whole(*given, **more)
                self.tries += 1
                raise OSError(number, os.strerror(number))

            monkeypatch.setattr(module, name, failing)
            self._mend = lambda: monkeypatch.setattr(module, name, whole)

        def mend(self) -> None:
            self._mend()

    return Broken()


async def an_hour(world: Any) -> None:
    """Looked at again and again; what is taken is drawn, what is drawn is brought."""
    for _ in range(PASSES):
        await world.look(3600 / PASSES)
        world.service.draw()
        await world.service.deliver()


async def an_hour_of_trouble(world: Any, broken: Any, number: int) -> None:
    """An hour; then it is mended. Result: said, tried a bounded number of times, drawn once, nothing left."""
    world.drop("a.txt", "after all")
    await an_hour(world)
    [problem] = world.folder.problems
    assert os.strerror(number) in problem.why
    assert "tried again by itself" in problem.heals
    assert "degraded" in world.folder.status()
    assert 10 < broken.tries < 4 * PASSES
    broken.mend()
    for _ in range(3):
        await world.look(61)
        world.service.draw()
        await world.service.deliver()
    await world.look(61)
    assert world.service.prompts == ["after all"]
    assert world.results == ["a.png"]
    assert world.done == ["2027-01-15/a.txt"]
    assert world.left == []
    assert world.folder.problems == ()


@pytest.mark.parametrize("number", ERRORS, ids=NAMES)
async def test_a_file_that_can_not_be_opened_for_an_hour_is_drawn_when_it_can(
    world: Any, broken: Any, number: int
) -> None:
    """A file that is gone is no trouble: the folder that it lies in is looked at again instead."""
    if number == errno.ENOENT:
        broken.fail(claiming, "ready", number)
    else:
        broken.fail(paths, "open_file", number, lambda name, parent: name == "a.txt")
    await an_hour_of_trouble(world, broken, number)


@pytest.mark.parametrize("number", [each for each in ERRORS if each != errno.ENOENT], ids=lambda n: errno.errorcode[n])
async def test_a_file_that_can_not_be_moved_into_processing_for_an_hour_is_drawn_when_it_can(
    world: Any, broken: Any, number: int
) -> None:
    broken.fail(os, "rename", number, lambda source, target, **_: source == target == "a.txt")
    await an_hour_of_trouble(world, broken, number)


@pytest.mark.parametrize("number", [*ERRORS, errno.ENOSPC, errno.EROFS, errno.EDQUOT], ids=lambda n: errno.errorcode[n])
async def test_a_file_that_can_not_be_moved_to_done_for_an_hour_gets_there_when_it_can(
    world: Any, broken: Any, number: int
) -> None:
    broken.fail(whole_files, "move", number)
    world.drop("a.txt", "after all")
    await an_hour(world)
    [problem] = world.folder.problems
    assert os.strerror(number) in problem.why
    assert world.results == ["a.png"]
    assert [name.rpartition("/")[2] for name in world.left] == ["a.txt"]
    broken.mend()
    await world.look(61)
    assert world.done == ["2027-01-15/a.txt"]
    assert world.left == []
    assert world.folder.problems == ()


@pytest.mark.parametrize("number", ERRORS, ids=NAMES)
async def test_a_folder_that_can_not_be_read_for_an_hour_is_taken_up_again(
    world: Any, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def failing(self: Scan, start: str = "") -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Scan, "files", failing)
    world.drop("a.txt")
    for _ in range(PASSES):
        assert await world.look(3600 / PASSES) == world.clock.now + 5_000, "it is looked at again soon"
    assert f"the folder can't be read ({os.strerror(number)})" in world.folder.status()
    monkeypatch.undo()
    await world.settle()
    assert world.service.prompts == ["a red apple"]
    assert world.folder.problems == ()


async def test_a_file_that_is_taken_away_while_it_is_read_ends_its_order(world: Any) -> None:
    world.drop("a.txt", "one\ntwo\n")
    ready = claiming.ready
    await world.look()
    path = world.inbox / "a.txt"

    def snatched(root: Path, name: str) -> bool:
        answer = ready(root, name)
        path.unlink()
        return answer

    claiming.ready = snatched  # type: ignore[assignment]
    try:
        await world.look(3)
    finally:
        claiming.ready = ready
    await world.finish()
    assert world.service.prompts == []
    assert [row.state for row in world.service.all_orders()] == ["ended"]
    assert world.folder.problems == ()


async def test_a_file_that_came_while_the_disk_was_full_is_taken_by_itself(world: Any) -> None:
    """Intake refuses below the floor of free space. Result: the file waits, and is drawn without being touched."""
    world.service.busy = True
    world.drop("a.txt")
    for _ in range(60):
        await world.look(10)
    assert world.service.prompts == []
    assert world.folder.problems
    world.service.busy = False
    await world.look(61)
    assert world.service.prompts == ["a red apple"]
    assert world.folder.problems == ()


async def test_many_files_in_trouble_are_told_as_one_with_their_number(world: Any, broken: Any) -> None:
    for number in range(30):
        world.drop(f"{number}.txt")
    broken.fail(claiming, "ready", errno.EACCES)
    await world.look()
    await world.look(3)
    assert [problem.why for problem in world.folder.problems] == ["Permission denied (30 files wait)"]


async def test_a_claim_that_failed_once_is_forgotten_as_soon_as_it_succeeds(world: Any, broken: Any) -> None:
    """The file is tried as an order then. Result: nothing is wrong any more, and no look is due before its time."""
    world.drop("a.txt")
    broken.fail(os, "rename", errno.EBUSY, lambda source, target, **_: source == target == "a.txt")
    await world.look()
    await world.look(2)
    assert [problem.why for problem in world.folder.problems] == ["Device or resource busy"]
    await world.look(2)
    assert [problem.why for problem in world.folder.problems] == ["Device or resource busy"], "it is one file"
    broken.mend()
    await world.look(10)
    assert world.service.prompts == ["a red apple"]
    assert world.folder.problems == ()
    assert await world.look(1) > world.clock.now + 1_000


async def test_a_file_in_trouble_that_is_taken_away_is_no_trouble_any_more(world: Any, broken: Any) -> None:
    path = world.drop("a.txt")
    broken.fail(claiming, "ready", errno.EACCES)
    await world.look()
    await world.look(2)
    assert world.folder.problems
    path.unlink()
    assert await world.look(2) > world.clock.now + 1_000
    assert world.folder.problems == ()
