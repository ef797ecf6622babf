"""A folder of any size needs bounded memory, and each of its files gets its turn."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import FolderSettings
from frontends.watch_folder.looking import window as windows
from frontends.watch_folder.looking.lookout import Lookout
from frontends.watch_folder.looking.scan import Seen
from frontends.watch_folder.looking.window import Window


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten places, so that a hundred files are many."""
    monkeypatch.setattr(windows.Window.__init__, "__defaults__", (10,))


def seen(number: int) -> Seen:
    return Seen(f"{number:07}.txt", number, 1, number)


def test_of_many_files_the_oldest_are_watched_first_and_new_places_follow_in_order() -> None:
    window = Window(turn_ms=1_000, places=3)
    assert window.take_in(map(seen, (9, 3, 7, 1, 5)), 0) == [seen(1), seen(3), seen(5)]
    assert window.beyond == 2
    assert sorted(window.take_in(map(seen, (9, 3, 7)), 1), key=lambda each: each.mtime_ns) == [
        seen(3),
        seen(7),
        seen(9),
    ]
    assert window.beyond == 0


def test_a_file_that_can_not_be_taken_gives_its_place_to_the_next_and_gets_another_turn() -> None:
    """All ten files are stuck and there are three places. Result: each is watched again and again."""
    window = Window(turn_ms=1_000, places=3)
    turns = [sorted(each.inode for each in window.take_in(map(seen, range(10)), now)) for now in range(0, 20_000, 500)]
    assert {number for turn in turns[:8] for number in turn} == set(range(10))
    assert {number for turn in turns[-8:] for number in turn} == set(range(10))
    assert max(map(len, turns)) == 3


def test_a_file_that_waits_for_room_keeps_its_place() -> None:
    window = Window(turn_ms=1_000, places=3)
    for now in range(0, 10_000, 500):
        kept = window.take_in(map(seen, range(10)), now)
        window.tell_ready(each.name for each in kept)
        assert {each.inode for each in kept} == {0, 1, 2}


def test_new_files_do_not_keep_old_ones_from_their_turn() -> None:
    """Each look finds two more, and only one can be taken. Result: the first ones are all taken in time."""
    window = Window(turn_ms=1_000, places=3)
    lying, taken = {number: seen(number) for number in range(20)}, []
    for now in range(0, 40_000, 500):
        kept = window.take_in(lying.values(), now)
        window.tell_ready(each.name for each in kept)
        first = min(kept, key=lambda each: each.mtime_ns)
        taken.append(first.inode)
        del lying[first.inode]
        for number in (now // 250 + 1_000, now // 250 + 1_001):
            lying[number] = seen(number)
    assert taken[:20] == list(range(20))


def test_a_picture_and_its_sidecar_share_a_place() -> None:
    window = Window(turn_ms=1_000, places=1)
    pair = [Seen("cat.png", 1, 1, 5), Seen("cat.txt", 2, 1, 900), Seen("dog.txt", 3, 1, 10)]
    assert [each.name for each in window.take_in(pair, 0)] == ["cat.png"]
    assert not window.is_whole(pair[0]), "what belongs to it may not be known yet"
    assert [each.name for each in window.take_in(pair, 1)] == ["cat.png", "cat.txt"]
    assert window.is_whole(pair[0])


async def test_in_a_large_folder_pictures_are_taken_with_their_sidecars(
    make_world: Any, small: None, png: bytes
) -> None:
    """The sidecars are much younger than the pictures. Result: none is taken for an order by itself, none is alone."""
    world = make_world(orphans="fail")
    for number in range(40):
        os.utime(world.drop(f"{number}.png", png), (number, number))
    for number in range(40):
        os.utime(world.drop(f"{number}.txt", f"prompt {number}"), (10_000 + number, 10_000 + number))
    for _ in range(120):
        await world.look(3)
        world.service.draw()
        await world.service.deliver()
    assert sorted(world.service.prompts) == sorted(f"prompt {number}" for number in range(40))
    assert world.failed == []
    assert all(job.request.image for job in world.service.jobs_by_id.values())
    assert world.left == []


async def test_in_a_large_folder_files_that_can_not_be_read_hold_up_no_other(
    make_world: Any, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty files in trouble fill all places three times. Result: the others are drawn, and these when they heal."""
    from frontends.watch_folder import claiming

    world = make_world()
    for number in range(60):
        os.utime(world.drop(f"{number:02}.txt", f"prompt {number}"), (number, number))
    ready = claiming.ready

    def sometimes(root: Path, name: str) -> bool:
        if int(name[:2]) < 30:
            raise PermissionError(13, "Permission denied")
        return ready(root, name)

    monkeypatch.setattr(claiming, "ready", sometimes)
    for _ in range(60):
        await world.look(3)
    assert sorted(world.service.prompts) == sorted(f"prompt {number}" for number in range(30, 60))
    monkeypatch.setattr(claiming, "ready", ready)
    for _ in range(100):
        await world.look(5)
    assert len(world.service.prompts) == 60
    assert world.folder.problems == ()


async def test_in_a_large_read_only_folder_every_file_is_drawn_once(
    make_world: Any, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frontends.watch_folder import claiming

    monkeypatch.setattr(claiming, "is_writable", lambda _: False)
    world = make_world()
    for number in range(35):
        world.drop(f"{number}.txt", f"prompt {number}")
    for _ in range(80):
        await world.look(3)
        world.service.draw()
        await world.service.deliver()
    assert sorted(world.service.prompts) == sorted(f"prompt {number}" for number in range(35))


class Many:
    """So many files, made up as they are looked at."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __iter__(self) -> Iterator[Seen]:
        return map(seen, range(self.number))


@pytest.mark.slow
def test_a_look_needs_no_more_memory_for_more_files() -> None:
    peaks = []
    for number in (10_000, 80_000):
        window = Window(turn_ms=1_000)
        tracemalloc.start()
        try:
            window.take_in(Many(number), 0)
            window.take_in(Many(number), 500)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert window.beyond == number - windows.PLACES
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 8 * 2**20


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_hundred_thousand_files_are_looked_at_in_bounded_memory(tmp_path: Path) -> None:
    """Prints what a look takes of time and memory."""
    import resource
    import time

    for directory in range(10):
        (tmp_path / str(directory)).mkdir()
        for number in range(10_000):
            (tmp_path / str(directory) / f"{number}.txt").touch()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lookout = Lookout(FolderSettings(), tmp_path, None)
    took = []
    for now in (0, 5_000, 10_000):
        began = time.perf_counter()
        lookout.look(now)
        took.append(time.perf_counter() - began)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"\n100,000 files: looks of {', '.join(f'{each:.2f}' for each in took)} s, {grown:.1f} MiB more")
    assert lookout.files == 100_000
    assert grown < 24


async def test_a_large_folder_is_over_only_when_each_of_its_files_had_its_turn(
    make_world: Any, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty files can't be read, ten behind them can. Result: those are drawn first, then it is told what is left."""
    from frontends.watch_folder import claiming

    world = make_world()
    for number in range(40):
        os.utime(world.drop(f"{number:02}.txt"), (number, number))
    ready = claiming.ready

    def sometimes(root: Path, name: str) -> bool:
        if int(name[:2]) < 30:
            raise PermissionError(13, "Permission denied")
        return ready(root, name)

    monkeypatch.setattr(claiming, "ready", sometimes)
    left = None
    for _ in range(400):
        await world.look(1)
        world.service.draw()
        await world.service.deliver()
        left = world.folder.left()
        if left is not None:
            break
    assert world.folder.done == 10
    assert left is not None
    assert left.pop("") == "20 more files had their turn and could not be taken"
    assert set(left.values()) <= {"Permission denied", "it did not settle, or what belongs to it is missing"}
    assert len(left) == 10
