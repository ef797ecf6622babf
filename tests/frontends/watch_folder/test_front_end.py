"""All folders together, as the daemon runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.fake_folder_service import FakeService

from config.clock import now_ms
from config.errors import RetryableError
from config.settings import FolderSettings, Settings, WatchFolderSettings
from daemon.service.conditions import Condition
from frontends.watch_folder import Summary, WatchFolders
from frontends.watch_folder import front_end as front_ends
from frontends.watch_folder.folder import Folder
from frontends.watch_folder.looking import lookout


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def build(tmp_path: Path, *folders: FolderSettings) -> tuple[WatchFolders, FakeService]:
    service = FakeService(now_ms)
    settings = Settings(state_dir=tmp_path / "state", watch_folder=WatchFolderSettings(folders=folders))
    return WatchFolders(settings, service), service  # type: ignore[arg-type]


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_folders_have_their_own_places_and_owners(tmp_path: Path) -> None:
    quick = {"settle_seconds": 0.0, "scan_seconds": 0.2}
    front_end, service = build(tmp_path, FolderSettings(**quick), FolderSettings(name="team", **quick))
    task = asyncio.create_task(front_end.run())
    await asyncio.wait_for(front_end.started.wait(), 10)
    (tmp_path / "state" / "inbox" / "a.txt").write_text("mine")
    (tmp_path / "state" / "team" / "a.txt").write_text("ours")
    await until(lambda: len(service.prompts) == 2)
    service.draw()
    await service.deliver()
    await until(lambda: len(list((tmp_path / "state" / "done").rglob("a.txt"))) == 2)
    quiet = "(file events): 0 orders open, 0 files waiting"
    await until(lambda: front_end.status() == f"inbox {quiet}; team {quiet}")
    await stopped(task)
    assert {job.request.prompt: job.owner for job in service.jobs_by_id.values()} == {
        "mine": "folder:inbox",
        "ours": "folder:team",
    }
    outbox = tmp_path / "state" / "outbox"
    assert sorted(str(path.relative_to(outbox)) for path in outbox.rglob("*.png")) == ["a.png", "team/a.png"]


async def test_a_share_that_is_away_is_a_condition_of_the_daemon_until_it_returns(tmp_path: Path) -> None:
    """The daemon starts all the same, and does not make the directory: it may be where a share is mounted."""
    share = tmp_path / "share"
    front_end, service = build(tmp_path, FolderSettings(path=share, settle_seconds=0.0, scan_seconds=0.2))
    task = asyncio.create_task(front_end.run())
    await asyncio.wait_for(front_end.started.wait(), 10)
    assert "can't be read" in service.reported["folder inbox"]
    assert not share.exists()
    share.mkdir()
    (share / "a.txt").write_text("back")
    await until(lambda: service.prompts == ["back"])
    await until(lambda: not service.reported)
    await stopped(task)


async def test_a_defect_in_one_look_stops_neither_the_next_nor_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front_end, service = build(tmp_path, FolderSettings(settle_seconds=0.0, scan_seconds=0.2))
    look, failures = Folder.look, iter([ZeroDivisionError(), None])

    async def sometimes(self: Folder, **how: Any) -> int:
        if next(failures, None):
            raise ZeroDivisionError
        return await look(self, **how)

    monkeypatch.setattr(Folder, "look", sometimes)
    task = asyncio.create_task(front_end.run())
    await asyncio.wait_for(front_end.started.wait(), 10)
    (tmp_path / "state" / "inbox").mkdir(parents=True, exist_ok=True)
    (tmp_path / "state" / "inbox" / "a.txt").write_text("after all")
    await until(lambda: service.prompts == ["after all"], 20)
    await stopped(task)


async def test_no_folder_is_watched_when_that_is_turned_off(tmp_path: Path) -> None:
    service = FakeService(now_ms)
    settings = Settings(state_dir=tmp_path / "state", watch_folder=WatchFolderSettings(enabled=False))
    front_end = WatchFolders(settings, service)  # type: ignore[arg-type]
    task = asyncio.create_task(front_end.run())
    await asyncio.wait_for(front_end.started.wait(), 10)
    assert front_end.status() == "no folder is watched"
    assert not (tmp_path / "state").exists()
    await stopped(task)


async def test_results_of_a_folder_that_is_not_watched_any_more_wait_until_it_is_again(
    tmp_path: Path, world: Any
) -> None:
    world.drop("a.txt")
    await world.settle()
    world.service.draw()
    front_end, other = build(tmp_path, FolderSettings(name="elsewhere"))
    assert front_end.name == "folder"
    [job] = world.service.jobs_by_id.values()
    other.jobs_by_id[job.id] = job
    with pytest.raises(RetryableError, match=r"inbox is not watched any more .*put it back"):
        await other.deliver_again(job)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes minutes takes moments."""
    monkeypatch.setattr(lookout, "EMPTY_MS", 0)
    monkeypatch.setattr(lookout, "TURN_MARGIN_MS", 150)
    monkeypatch.setattr(front_ends, "FAULT_SECONDS", 0.05)
    monkeypatch.setattr(front_ends, "ONCE_MS", 50)


QUICK = FolderSettings(settle_seconds=0, settle_image_seconds=0, pairing_seconds=0, min_age_seconds=0)


async def once(front_end: Callable[[Callable[[Summary], None]], WatchFolders]) -> Summary:
    """What is told in the end."""
    told: asyncio.Future[Summary] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(front_end(told.set_result).run())
    try:
        return await asyncio.wait_for(told, 15)
    finally:
        await stopped(task)


@pytest.mark.parametrize("what", ["engine", "delivery to folder"])
async def test_once_is_over_when_nothing_goes_on_and_the_reason_is_known(
    tmp_path: Path, impatient: None, what: str
) -> None:
    """The engine can't be started, or nothing can be delivered. Result: an end, and why; no waiting for ever."""
    _, service = build(tmp_path)
    service.degraded = [Condition(what, "it is broken", "mend it", now_ms())]
    settings = Settings(state_dir=tmp_path, watch_folder=WatchFolderSettings(folders=(QUICK,)))
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.txt").write_text("never drawn")
    summary = await once(lambda told: WatchFolders(settings, service, once=told))  # type: ignore[arg-type]
    assert service.prompts == ["never drawn"]
    assert summary.left == {"inbox/": f"{what}: it is broken (mend it)"}
    assert not summary.is_clean


async def test_once_is_not_over_after_a_look_that_broke(
    tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known then of what lies there. Result: looked at again, and when that never helps, it is said."""
    _, service = build(tmp_path)
    settings = Settings(state_dir=tmp_path, watch_folder=WatchFolderSettings(folders=(QUICK,)))

    async def breaking(self: Folder, **how: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(Folder, "look", breaking)
    summary = await once(lambda told: WatchFolders(settings, service, once=told))  # type: ignore[arg-type]
    assert summary.left == {"inbox/": "an internal error, see the log"}
