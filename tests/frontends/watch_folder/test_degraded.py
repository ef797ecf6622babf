"""A full disk, a folder that is missing or read-only: said with what heals it, and nothing is lost meanwhile."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from frontends.watch_folder import claiming


@pytest.mark.parametrize("place", ["done", "failed"])
async def test_a_disk_that_fills_while_a_file_is_moved_across_leaves_no_half_file(
    world: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """1. done/ lies on another file system. 2. It fills in the middle of the copy. 3. There is space again.
    Result: the file lies where it lay, no part of it in done/, and then it is there whole."""
    rename, fsync, full = os.rename, os.fsync, True

    def across(source: Any, target: Any, **more: Any) -> None:
        if f"/{place}" in os.readlink(f"/proc/self/fd/{more['dst_dir_fd']}"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target, **more)

    def filling(descriptor: int) -> None:
        if full and f"/{place}/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "rename", across)
    monkeypatch.setattr(os, "fsync", filling)
    content = "a red apple\n" if place == "done" else "prompt = "
    name = "a.txt" if place == "done" else "a.toml"
    world.drop(name, content)
    await world.finish()
    assert [each.rpartition("/")[2] for each in world.left] == [name]
    assert world.files(getattr(world.places, place)) == []
    assert "No space left on device" in world.folder.status()
    assert "when there is space again" in world.folder.problems[0].heals
    full = False
    await world.look(61)
    [moved] = getattr(world.places, place).rglob(name)
    assert moved.read_text() == content
    assert world.left == []
    assert world.folder.problems == ()


async def test_a_missing_folder_says_what_heals_it(world: Any) -> None:
    world.inbox.rmdir()
    await world.look()
    [problem] = world.folder.problems
    assert problem.why == "the folder can't be read (No such file or directory)"
    assert "once a share is mounted" in problem.heals


async def test_a_read_only_folder_says_so_and_what_heals_it(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "is_writable", lambda _: False)
    await world.look()
    [problem] = world.folder.problems
    assert "read-only" in problem.why
    assert "may write there" in problem.heals
    monkeypatch.undo()
    await world.look(31)
    assert world.folder.problems == ()


async def test_what_was_drawn_while_the_folder_was_read_only_is_not_drawn_again_when_it_is_not(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share is remounted read-only for a while. Result: one picture each; a changed file is a new order."""
    monkeypatch.setattr(claiming, "is_writable", lambda _: False)
    world.drop("a.txt", "one")
    await world.finish()
    monkeypatch.undo()
    world.drop("b.txt", "two")
    await world.finish()
    world.restart()
    await world.finish()
    assert world.service.prompts == ["one", "two"]
    assert world.left == ["a.txt"]
    world.drop("a.txt", "one more")
    await world.finish()
    assert world.service.prompts == ["one", "two", "one more"]
    assert world.left == []


async def test_a_folder_that_becomes_read_only_with_open_orders_ends_them_when_it_is_not(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, read_only = os.rename, False

    def refusing(source: Any, target: Any, **more: Any) -> None:
        if read_only:
            raise OSError(errno.EROFS, "Read-only file system")
        rename(source, target, **more)

    monkeypatch.setattr(os, "rename", refusing)
    world.drop("a.txt", "one")
    await world.settle()
    read_only = True
    world.service.draw()
    await world.service.deliver()
    await world.look(1)
    assert "Read-only file system" in world.folder.status()
    assert world.results == ["a.png"]
    read_only = False
    await world.look(61)
    assert world.done == ["2027-01-15/a.txt"]
    assert world.folder.problems == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_folder_without_rights_is_said_and_heals(world: Any) -> None:
    world.drop("a.txt")
    world.inbox.chmod(0)
    try:
        await world.look()
        assert "Permission denied" in world.folder.status()
    finally:
        world.inbox.chmod(0o755)
    await world.settle()
    assert world.service.prompts == ["a red apple"]


def test_a_folder_in_the_state_directory_that_can_not_be_made_stops_nothing(tmp_path: Path) -> None:
    from frontends.watch_folder.front_end import _make

    (tmp_path / "file").write_text("in the way")
    _make(tmp_path / "file" / "inbox")


async def test_a_file_stays_for_its_least_age_also_when_it_was_renamed_into_place(make_world: Any) -> None:
    world = make_world(min_age_seconds=20, settle_seconds=2)
    world.drop("a.txt")
    await world.look()
    for _ in range(9):
        await world.look(2)
    assert world.service.prompts == []
    await world.look(2)
    assert world.service.prompts == ["a red apple"]


async def test_the_least_age_counts_from_the_appearance_and_settling_from_the_last_change(make_world: Any) -> None:
    world = make_world(min_age_seconds=6, settle_seconds=4)
    for length in (1, 2, 3):
        with (world.inbox / "a.txt").open("a") as file:
            file.write("ab"[:length])
        await world.look(2)
    await world.look(2)
    assert world.service.prompts == [], "six seconds old, but changed two seconds ago"
    await world.look(2)
    assert len(world.service.prompts) == 1


async def test_no_question_to_the_file_system_holds_up_the_daemon(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A share may take half a minute to answer. Result: only threads wait for it."""
    asked: list[bool] = []

    def slow(_: Path) -> bool:
        asked.append(threading.current_thread() is threading.main_thread())
        return True

    monkeypatch.setattr(claiming, "is_writable", slow)
    world.drop("a.txt")
    await world.settle()
    assert world.service.prompts == ["a red apple"]
    assert asked
    assert not any(asked)
