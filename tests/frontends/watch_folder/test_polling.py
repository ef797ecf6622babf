"""Where the kernel can't tell of changes is looked again and again, and only there."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path
from typing import Any

import pytest
from support.running_folder import running
from support.waiting import until

from config import mounts
from config.mounts import Mount
from config.settings import FolderSettings
from frontends.watch_folder.looking.hints import Hints
from frontends.watch_folder.looking.lookout import Lookout
from frontends.watch_folder.looking.reach import reach
from frontends.watch_folder.looking.scan import Scan


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Say what is mounted where."""

    def say(**points: tuple[Path, str]) -> None:
        table = [Mount(Path("/"), "ext4"), *(Mount(point, kind) for point, kind in points.values())]
        monkeypatch.setattr(mounts, "mounts", lambda: table)

    return say


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs", "ceph", "glusterfs", "afs", "vboxsf"])
def test_a_folder_on_a_share_is_polled(tmp_path: Path, mounted: Any, kind: str) -> None:
    mounted(share=(tmp_path, kind))
    found = reach(tmp_path / "in", FolderSettings())
    assert (found.root, found.kinds) == (False, (kind,))
    assert found.said(5) == f"looked at every 5 s: {kind}"


@pytest.mark.parametrize("kind", ["ext4", "overlay", "fuseblk", "tmpfs"])
def test_a_local_folder_has_file_events(tmp_path: Path, mounted: Any, kind: str) -> None:
    mounted(disk=(tmp_path, kind))
    assert reach(tmp_path / "in", FolderSettings()).said(5) == "file events"


def test_either_way_can_be_forced(tmp_path: Path, mounted: Any) -> None:
    mounted(share=(tmp_path, "nfs"))
    assert reach(tmp_path, FolderSettings(events="inotify")).root
    mounted()
    assert not reach(tmp_path, FolderSettings(events="poll")).root


def test_shares_within_shares_and_in_folders_that_are_ignored_are_not_polled_by_themselves(
    tmp_path: Path, mounted: Any
) -> None:
    mounted(
        one=(tmp_path / "share", "nfs4"),
        two=(tmp_path / "share" / "deep", "cifs"),
        three=(tmp_path / "@eaDir" / "x", "nfs4"),
        four=(tmp_path / ".snapshots", "9p"),
        five=(tmp_path / "sharing", "fuse.sshfs"),
    )
    found = reach(tmp_path, FolderSettings())
    assert (found.polled, found.kinds) == (("share", "sharing"), ("fuse.sshfs", "nfs4"))
    assert found.is_polled("share/a.txt")
    assert not found.is_polled("share.txt")
    assert not found.is_polled("share")


async def test_only_the_remote_part_of_a_local_folder_is_polled(
    make_world: Any, mounted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1. A share is mounted in the folder. 2. Time passes, nothing hints. Result: the share alone is looked at often,
    what comes there is drawn, and what is known of the local part stays known."""
    world = make_world(poll_seconds=5, scan_seconds=100, settle_seconds=2)
    world.drop("share/readme.md.part")
    mounted(share=(world.inbox / "share", "nfs4"))
    looked: list[str] = []
    files = Scan.files
    monkeypatch.setattr(Scan, "files", lambda self, start="": (looked.append(start), files(self, start))[1])
    due = await world.folder.look(hinted=False)
    assert (looked, due - world.clock.now) == ([""], 5_000)
    assert "1 sub-folders looked at every 5 s: nfs4" in world.folder.status()
    world.drop("share/a.txt", "from the share")
    world.drop("local.txt", "unnoticed")
    for _ in range(4):
        world.clock.now += 5_000
        await world.folder.look(hinted=False)
    assert world.service.prompts == ["from the share"]
    assert looked == ["", "share", "share", "share", "share"]
    world.clock.now += 80_000
    await world.folder.look(hinted=False)
    world.clock.now += 5_000
    await world.folder.look(hinted=False)
    assert world.service.prompts == ["from the share", "unnoticed"]


async def test_a_share_below_the_folder_gets_no_watches(tmp_path: Path, mounted: Any, make_world: Any) -> None:
    world = make_world()
    hints = Hints(world.inbox, lambda: None)
    world.hints = hints
    world.restart()
    (world.inbox / "share" / "deep").mkdir(parents=True)
    (world.inbox / "local").mkdir()
    mounted(share=(world.inbox / "share", "cifs"))
    try:
        await world.look()
        assert sorted(hints._watches) == ["", "local"]
        mounted(share=(world.inbox, "cifs"))
        await world.look()
        assert sorted(hints._watches) == []
    finally:
        await asyncio.to_thread(hints.stop)


async def test_a_polled_folder_is_looked_at_at_its_own_pace(make_world: Any) -> None:
    world = make_world(events="poll", poll_seconds=3)
    assert await world.look() - world.clock.now == 3_000
    assert "(looked at every 3 s)" in world.folder.status()


async def test_looking_takes_a_bounded_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look takes 0.1 s and is wanted every 10 ms. Result: it is not begun again before four times that has passed."""
    look, began = Lookout.look, []

    def slow(self: Lookout, now: int, **how: Any) -> Any:
        began.append(time.monotonic())
        time.sleep(0.1)
        return look(self, now, **how)

    monkeypatch.setattr(Lookout, "look", slow)
    async with running(tmp_path / "state", "poll", poll_seconds=0.01):
        await until(lambda: len(began) > 3, "it is looked at again", 20)
    assert min(later - earlier for earlier, later in itertools.pairwise(began)) > 0.5


async def test_a_kernel_that_grants_no_watches_is_polled_and_said(
    make_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    hints = Hints(world.inbox, lambda: None)
    world.hints = hints
    world.restart()

    def refused(*_: Any) -> bool:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(hints, "cover", refused)
    await world.look()
    assert await world.look(5) - world.clock.now == 5_000
    assert "no file events (inotify watch limit reached); looked at every 5 s" in world.folder.status()
    assert "max_user_watches" in world.folder.problems[0].heals
    world.drop("a.txt")
    await world.settle()
    assert world.service.prompts == ["a red apple"]
    monkeypatch.undo()
    await world.look(5)
    assert world.folder.problems == ()
    await asyncio.to_thread(hints.stop)


async def test_a_look_at_a_part_forgets_nothing_of_the_rest(make_world: Any, mounted: Any) -> None:
    """1. The folder is full, two files wait. 2. Only the share may be looked at. Result: both still wait."""
    world = make_world(max_open_jobs=1, scan_seconds=100, poll_seconds=5)
    world.drop("share/readme.md.part")
    for number in range(3):
        world.drop(f"{number}.txt")
    await world.look()
    await world.look(3)
    assert "2 files waiting" in world.folder.status()
    world.clock.now += 5_000
    await world.folder.look(hinted=False)
    assert "2 files waiting" in world.folder.status()
    mounted(share=(world.inbox / "share", "nfs4"))
    await world.look(1)
    world.drop("share/a.txt")
    for _ in range(2):
        world.clock.now += 5_000
        await world.folder.look(hinted=False)
    assert "3 files waiting" in world.folder.status()
    assert world.folder.left() is None


async def test_a_folder_that_can_not_be_read_is_not_well_before_it_was_read(make_world: Any) -> None:
    world = make_world(poll_seconds=5)
    world.inbox.rmdir()
    await world.look()
    world.clock.now += 1_000
    assert await world.folder.look(hinted=False) == world.clock.now + 4_000
    assert "can't be read" in world.folder.status()
