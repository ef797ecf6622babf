"""Events that stop or get lost: noticed, said, and made up for by looking."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.running_folder import running
from support.waiting import until

from frontends.watch_folder.looking.hints import Hints

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
needs_inotify = pytest.mark.skipif(sys.platform != "linux", reason="there is no inotify here")


@pytest.fixture
def hints(make_world: Any) -> Iterator[tuple[Any, Hints, threading.Event]]:
    """A world with real events, its hints, and whether they called."""
    world = make_world(scan_seconds=30)
    called = threading.Event()
    hints = Hints(world.inbox, called.set)
    world.hints = hints
    world.restart()
    yield world, hints, called
    hints.stop()


@needs_inotify
async def test_an_overflow_of_the_kernels_queue_is_noticed_said_and_looked_through(hints: Any) -> None:
    """1. The reader is held up. 2. More happens than the kernel keeps. Result: a condition, a look, and it passes."""
    world, watching, called = hints
    await world.look()
    await world.look()
    reader = watching._notices._reader
    first, second = world.drop(".one"), world.drop(".two")
    with reader._lock, first.open("ab") as one, second.open("ab") as two:
        for _ in range(int(QUEUE.read_text()) // 2 + 2_000):
            os.write(one.fileno(), b"x")  # in turn, since the kernel keeps only one of several equal events
            os.write(two.fileno(), b"x")
        world.drop("a.txt")
        called.clear()
    await until(lambda: watching._overflowed, "the overflow is told", 30)
    await until(called.is_set, "a look is asked for")
    await world.look()
    assert [problem.why for problem in world.folder.problems] == ["file events were lost"]
    assert "all of it was looked at" in world.folder.problems[0].heals
    await world.look(2)
    assert world.service.prompts == ["a red apple"]
    await world.look(31)
    assert world.folder.problems == ()
    assert watching._notices.alive([watch for watch, _ in watching._watches.values()])


@needs_inotify
async def test_a_reader_that_died_is_replaced(hints: Any) -> None:
    world, watching, called = hints
    await world.look()
    watching._notices._reader.stop()
    watching._notices._reader.join(5)
    await world.look(30)
    assert "file events had stopped" in world.folder.status()
    called.clear()
    world.drop("a.txt")
    await until(called.is_set, "events come again")
    await world.look(31)
    assert world.folder.problems == ()


def removed(inbox: Path) -> None:
    shutil.rmtree(inbox)
    inbox.mkdir()


def replaced(inbox: Path) -> None:
    """The old one lives on elsewhere, so that its watch is not told of anything."""
    inbox.rename(inbox.with_name("old"))
    inbox.mkdir()


@needs_inotify
@pytest.mark.parametrize("change", [removed, replaced], ids=lambda change: change.__name__)
@pytest.mark.parametrize("sub", ["", "sub"])
async def test_a_folder_that_is_another_one_now_is_watched_anew(
    hints: Any, change: Callable[[Path], None], sub: str
) -> None:
    world, watching, called = hints
    (world.inbox / sub).mkdir(exist_ok=True)
    await world.look()
    await world.look()
    watches = [watch for watch, _ in watching._watches.values()]
    change(world.inbox / sub)
    if change is removed:  # the new one often gets the inode of the old one: only the end of the watch tells them apart
        await until(lambda: not watching._notices.alive(watches), "its watch has ended")
    await world.look(30)
    assert sub or "file events had stopped" in world.folder.status()
    called.clear()
    world.drop(f"{sub}/a.txt" if sub else "a.txt")
    await until(called.is_set, "its events are told")
    await world.settle()
    assert world.service.prompts == ["a red apple"]
    assert world.folder.problems == ()


@needs_inotify
async def test_a_sub_folder_that_is_removed_is_no_trouble(hints: Any) -> None:
    world, _, called = hints
    (world.inbox / "sub").mkdir()
    await world.look()
    (world.inbox / "sub").rmdir()
    await until(called.is_set, "its removal is told")
    await world.look(1)
    assert world.folder.problems == ()
    called.clear()
    world.drop("a.txt")
    await until(called.is_set, "events go on")


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """``mount`` and ``umount``, where we may."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    probe = tmp_path / "probe"
    probe.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", str(probe)], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    subprocess.run(["umount", str(probe)], check=True)
    mounted: list[str] = []

    def run(command: str, *arguments: str) -> None:
        subprocess.run([command, *arguments], check=True)
        mounted.append(arguments[-1]) if command == "mount" else mounted.remove(arguments[-1])

    yield run
    for point in mounted:
        subprocess.run(["umount", "-l", point], check=False)


@needs_inotify
async def test_a_share_that_goes_away_and_comes_back_is_taken_up_again(hints: Any, mount: Any) -> None:
    """1. It is mounted over the folder. 2. Unmounted. 3. Mounted again. Result: each time what lies there is drawn, and
    events are told of what comes then."""
    world, _, called = hints
    point = str(world.inbox)
    await world.look()
    for number in range(2):
        mount("mount", "-t", "tmpfs", "none", point)
        await world.look(30)
        called.clear()
        world.drop(f"{number}.txt", f"mounted {number}")
        await until(called.is_set, "events of the mounted one are told")
        await world.settle()
        mount("umount", point)
        await world.look(30)
    called.clear()
    world.drop("below.txt", "below")
    await until(called.is_set, "events of the one below are told")
    await world.settle()
    assert world.service.prompts == ["mounted 0", "mounted 1", "below"]


async def test_a_root_that_is_removed_is_missed_at_once(tmp_path: Path) -> None:
    """It is nobody's to make: the operator named it. Result: a condition at once, and gone when it is back."""
    share = tmp_path / "share"
    share.mkdir()
    async with running(tmp_path / "state", path=share) as (service, _):
        share.rmdir()
        await until(lambda: "can't be read" in service.reported.get("folder inbox", ""), "its loss is said")
        share.mkdir()
        (share / "a.txt").write_text("back")
        await until(lambda: service.prompts == ["back"], "it is taken", 20)
        await until(lambda: "can't be read" not in service.reported.get("folder inbox", ""), "it is well again")
