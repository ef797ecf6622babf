"""When a file is taken, and what never is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from frontends.watch_folder.looking.ignore import ignored_directory, ignored_file
from frontends.watch_folder.looking.scan import Scan, Seen
from frontends.watch_folder.looking.stability import Stability


async def test_what_lies_there_at_the_start_is_found_without_any_event(world: Any) -> None:
    world.drop("early.txt")
    world.drop("deep/er/late.txt")
    await world.settle(4)
    assert len(world.service.prompts) == 2


async def test_a_periodic_look_finds_what_no_event_told_of(world: Any) -> None:
    next_look = await world.look()
    assert next_look == world.clock.now + 30_000
    world.drop("silent.txt")
    await world.look(30)
    assert await world.look(1) <= world.clock.now + 2_000, "looks again soon while something settles"
    await world.look(1)
    assert world.service.prompts == ["a red apple"]


async def test_a_file_is_not_taken_at_the_first_look_however_old_it_is(world: Any) -> None:
    path = world.drop("old.txt")
    os.utime(path, (1, 1))
    await world.look(100)
    assert world.service.prompts == []
    await world.look(1.9)
    assert world.service.prompts == [], "two looks, but too short a time apart"
    await world.look(0.2)
    assert world.service.prompts == ["a red apple"]


async def test_a_slow_writer_is_waited_for(world: Any) -> None:
    """A byte every 1.5 s for 30 s; then 2 s of silence. Result: one order with the whole text."""
    text = "a green frog on gray"
    for length in range(1, len(text) + 1):
        world.drop("slow.txt", text[:length])
        await world.look(1.5)
        assert world.service.prompts == []
    await world.look(2)
    assert world.service.prompts == [text]


async def test_a_writer_that_has_the_file_open_is_waited_for_though_it_pauses(world: Any) -> None:
    path = world.inbox / "open.txt"
    with path.open("w") as file:
        file.write("a red")
        file.flush()
        await world.settle(20)
        assert world.service.prompts == []
        file.write(" apple")
    await world.settle(5)
    assert world.service.prompts == ["a red apple"]


async def test_a_scanner_that_opens_a_picture_again_after_seven_seconds_is_waited_for(world: Any, png: bytes) -> None:
    world.drop("scan.txt", "paint it")
    path = world.drop("scan.png", png[:50])
    for _ in range(7):
        await world.look(1)
    path.write_bytes(png)
    for _ in range(10):
        await world.look(1)
    assert world.service.prompts == [], "nine seconds after the change was seen"
    await world.look(1)
    assert world.service.prompts == ["paint it"]


async def test_a_copy_in_progress_that_is_replaced_under_its_name_starts_over(world: Any) -> None:
    path = world.drop("a.txt", "half of")
    await world.look(1)
    await world.look(1.5)
    other = world.drop(".a.txt.new", "half of")
    stat = path.stat()
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    os.replace(other, path)
    await world.look(1)
    assert world.service.prompts == [], "same size and time, but another file"
    await world.look(2)
    assert world.service.prompts == ["half of"]


def test_a_file_that_was_renamed_inside_the_folder_is_complete_at_once() -> None:
    stability = Stability()
    seen = Seen("a.txt", 1, 2, 3)
    stability.look([seen], {"a.txt"}, now=0)
    assert stability.is_stable(seen, 10_000, now=0)
    stability.look([Seen("a.txt", 1, 2, 4)], set(), now=1)
    assert not stability.is_stable(Seen("a.txt", 1, 2, 4), 10_000, now=1), "it was written to after the rename"


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.txt",
        "._a.txt",
        "~a.txt",
        "a.txt~",
        "a.tmp",
        "a.part",
        "a.partial",
        "a.crdownload",
        "a.filepart",
        "a.download",
        ".syncthing.a.txt.tmp",
        "_UNPACK_a.txt",
        ".DS_Store",
        "desktop.ini",
        "Thumbs.db",
        "folder.toml",
        "a.txt.error.txt",
    ],
)
def test_temporary_and_system_files_are_ignored(name: str) -> None:
    assert ignored_file(name)
    assert not ignored_file("a.txt")


@pytest.mark.parametrize(
    "name",
    [
        ".stfolder",
        ".stversions",
        "@eaDir",
        ".Spotlight-V100",
        ".Trashes",
        "__MACOSX",
        ".localized",
        ".processing",
        "_UNPACK_x",
    ],
)
async def test_system_folders_are_neither_entered_nor_watched(name: str, world: Any) -> None:
    assert ignored_directory(name)
    world.drop(f"{name}/a.txt")
    found = Scan(world.inbox)
    assert list(found.files()) == []
    assert list(found.directories) == [""]
    await world.settle()
    assert world.service.prompts == []


async def test_an_unreadable_system_folder_is_no_problem(world: Any) -> None:
    (world.inbox / "@eaDir").mkdir(mode=0)
    await world.look()
    assert world.folder.problems == ()


async def test_an_empty_file_gets_a_minute_to_be_filled_then_it_is_refused(world: Any) -> None:
    world.drop("empty.txt", "")
    await world.settle(50)
    assert world.left == ["empty.txt"]
    await world.finish()
    assert world.failed == ["empty.txt", "empty.txt.error.txt"]
    assert "the file is empty" in world.error("empty.txt")


async def test_a_missing_folder_is_said_and_heals_by_itself(world: Any) -> None:
    world.inbox.rmdir()
    await world.look(30)
    assert "degraded" in world.folder.status()
    world.inbox.mkdir()
    world.drop("a.txt")
    await world.settle()
    assert world.folder.problems == ()
    assert world.service.prompts == ["a red apple"]


async def test_a_folder_that_is_removed_and_made_again_is_watched_again(world: Any) -> None:
    await world.look()
    world.inbox.rmdir()
    world.inbox.mkdir()
    world.drop("a.txt")
    await world.settle()
    assert world.service.prompts == ["a red apple"]


def test_a_directory_that_becomes_a_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("x")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "link").symlink_to(tmp_path / "outside")
    found = Scan(tmp_path / "inbox")
    assert list(found.files()) == []
    assert [name for name, _ in found.refused] == ["link"]
