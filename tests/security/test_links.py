"""Others may write to the outbox, to done/ and to failed/. A link that one of them plants there leads nothing away."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.folder_world import World

from config.errors import RetryableError
from storage.results.store import PictureFiles

GOOD, BROKEN = "a red apple\n", "prompt = "
DAY = "2027-01-15"
IN_THE_WAY = "a symbolic link is in the way"
BATCH = 25
EXCHANGE = 2
"""Of renameat2(2): two names change places in one step."""


def contents(place: Path) -> dict[str, tuple[int, int, bytes]]:
    """All below: its mode, its time of change, and what is in it."""
    return {
        str(path.relative_to(place)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [place, *place.rglob("*")]
    }


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What no result may reach: with the names that results, texts and orders have."""
    place = tmp_path / "outside"
    (place / "sub").mkdir(parents=True)
    for directory in (place, place / "sub"):
        for name in ("0.png", "0.png.json", "0.txt", "0.toml", "0.toml.error.txt"):
            (directory / name).write_text("precious")
    return place


@pytest.mark.parametrize("link", ["outbox/sub", f"done/{DAY}", f"done/{DAY}/sub", "failed/sub"])
async def test_a_link_in_the_place_of_a_directory_is_said_and_waited_for(
    tmp_path: Path, outside: Path, link: str
) -> None:
    """1. The link is there before anything comes. 2. An order is drawn, another is refused. 3. The link goes.
    Result: nothing outside has changed, the link is named as what is wrong, and then everything arrives."""
    world = World(tmp_path / "state", None)
    before = contents(outside)
    planted = plant(world.state_dir / link, outside)
    world.drop("sub/0.txt", GOOD)
    world.drop("sub/0.toml", BROKEN)
    await world.settle()
    world.service.draw()
    if link == "outbox/sub":
        with pytest.raises(RetryableError, match=IN_THE_WAY):
            await world.service.deliver()
    else:
        await world.service.deliver()
        await world.look(1)
        assert IN_THE_WAY in world.folder.status()
        assert "a directory in its place" in world.folder.problems[0].heals
    assert contents(outside) == before
    planted.unlink()
    await world.service.deliver()
    await world.look(61)
    assert_all_came(world, 1)
    assert world.folder.problems == ()
    assert contents(outside) == before


@pytest.mark.parametrize("leads_to", ["what it wants to be", "nothing"])
async def test_a_link_in_the_place_of_a_file_is_left_alone(tmp_path: Path, outside: Path, leads_to: str) -> None:
    """The names that a picture, its record, an order and the text of a failure want are links, some to the very bytes
    that are to come. Result: other names are taken, and the links stay."""
    world = World(tmp_path / "state", None)
    world.drop("0.txt", GOOD)
    await world.settle()
    world.service.draw()
    [(picture_id, png)] = world.service.files.items()
    (outside / "0.png").write_bytes(png)
    (outside / "0.png.json").write_text(picture_id)
    before = contents(outside)
    links = [
        plant(world.state_dir / place / name, outside / (wanted if leads_to != "nothing" else "missing"))
        for place, name, wanted in (
            ("outbox", "0.png", "0.png"),
            ("outbox", "0.2.png.json", "0.png.json"),
            (f"done/{DAY}", "0.txt", "0.txt"),
            ("failed", "0.toml", "0.toml"),
        )
    ]
    plant(world.places.failed / "0.2.toml.error.txt", outside / "0.toml.error.txt")
    world.drop("0.toml", BROKEN)
    await world.finish()
    assert contents(outside) == before
    assert all(link.is_symlink() for link in links)
    assert [name for name in world.results if not (world.places.outbox / name).is_symlink()] == ["0.3.png"]
    assert (world.places.outbox / "0.3.png").read_bytes() == png
    assert (world.places.done / DAY / "0.2.txt").read_text() == GOOD
    assert (world.places.failed / "0.2.toml").read_text() == BROKEN
    assert not (world.places.failed / "0.2.toml.error.txt").is_symlink()


def plant(link: Path, target: Path) -> Path:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    return link


async def test_the_places_themselves_may_be_links(tmp_path: Path) -> None:
    """The operator keeps results on another disk. Result: they go there."""
    world = World(tmp_path / "state", None)
    for name in ("outbox", "done", "failed"):
        (tmp_path / "disk" / name).mkdir(parents=True)
        (world.state_dir / name).symlink_to(tmp_path / "disk" / name)
    world.drop("sub/0.txt", GOOD)
    world.drop("sub/0.toml", BROKEN)
    await world.finish()
    assert_all_came(world, 1)


@contextmanager
def swapping(*places: Path, link_to: Path) -> Iterator[None]:
    """Each of these directories is by turns a link, as fast as it goes; at the end it is a directory again."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, over = -100, threading.Event()
    pairs = []
    for place in places:
        place.mkdir(parents=True)
        link = place.parent / f".{place.name}.link"
        link.symlink_to(link_to)
        pairs.append((os.fsencode(place), os.fsencode(link)))

    def exchange(one: bytes, other: bytes) -> None:
        if libc.renameat2(here, one, here, other, EXCHANGE):
            raise OSError(ctypes.get_errno(), "two names could not change places")

    def swap() -> None:
        while not over.is_set():
            for _ in range(2):
                for pair in pairs:
                    exchange(*pair)
                time.sleep(0.0001)  # the others get their turn

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for _, link in pairs:
            os.unlink(link)


async def swap_while_results_come(world: World, outside: Path, rounds: int) -> None:
    before = contents(outside)
    refused = 0
    places = (world.places.outbox / "sub", world.places.done / DAY, world.places.failed / "sub")
    with swapping(*places, link_to=outside):
        for first in range(0, rounds, BATCH):
            for number in range(first, first + BATCH):
                world.drop(f"sub/{number}.txt", GOOD)
                world.drop(f"sub/{number}.toml", BROKEN)
            await world.look()
            await world.look(61)
            world.service.draw()
            refused += await deliver_what_can_be(world)
            await world.look(1)
            refused += len(world.folder.problems)
    assert contents(outside) == before
    assert refused, "the link was never met"
    for _ in range(5):
        assert not await deliver_what_can_be(world)
        await world.look(61)
    assert_all_came(world, rounds)
    assert world.folder.problems == ()
    assert contents(outside) == before


async def deliver_what_can_be(world: World) -> int:
    """As the outbox does: what can't be delivered now comes again. Returns how many that were."""
    refused = 0
    for job in list(world.service.jobs_by_id.values()):
        if job.id not in world.service.delivered:
            try:
                await world.service.deliver_again(job)
            except RetryableError:
                refused += 1
            else:
                world.service.mark_delivered(job)
    return refused


def assert_all_came(world: World, orders: int) -> None:
    numbers = range(orders)
    pictures = [f"sub/{number}.png" for number in numbers]
    assert world.files(world.places.outbox) == sorted([*pictures, *(f"{name}.json" for name in pictures)])
    assert world.done == sorted(f"{DAY}/sub/{number}.txt" for number in numbers)
    texts = [f"sub/{number}.toml" for number in numbers]
    assert world.failed == sorted([*texts, *(f"{name}.error.txt" for name in texts)])
    assert world.left == []


@pytest.mark.slow
async def test_directories_that_are_swapped_for_links_lead_nothing_away(tmp_path: Path, outside: Path) -> None:
    """Deliveries, moves and texts while their directories are swapped. Result: nothing outside changes, and all of it
    arrives, once, when the directories are back."""
    await swap_while_results_come(World(tmp_path / "state", None), outside, 100)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_directories_that_are_swapped_a_thousand_rounds_long_lead_nothing_away(
    tmp_path: Path, outside: Path
) -> None:
    await swap_while_results_come(World(tmp_path / "state", None), outside, 1000)


def test_a_directory_of_pictures_that_is_a_link_is_refused(tmp_path: Path, outside: Path) -> None:
    """``pictures`` itself may lie on another disk, what is below it is ours."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "pictures").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "vd").symlink_to(outside)
    before = contents(outside)
    files = PictureFiles(tmp_path)
    with pytest.raises(RetryableError, match=IN_THE_WAY):
        files.save("06h0q3d0g6bm49vd", b"x")
    assert contents(outside) == before
    (tmp_path / "disk" / "vd").unlink()
    assert files.read(files.save("06h0q3d0g6bm49vd", b"x")) == b"x"
