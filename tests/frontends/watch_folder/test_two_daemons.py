"""Two daemons, each with its own state directory and rows, share a folder: a file belongs to whoever moves it first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import LiveDaemon

from frontends.watch_folder import claiming
from frontends.watch_folder.claiming import Claim, GoneError

SETTINGS = """
[[watch_folder.folders]]
path = "{share}"
settle_seconds = 0.5
settle_image_seconds = 0.5
scan_seconds = 2
max_open_jobs = 20
"""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Callable[[], tuple[Path, list[LiveDaemon]]]]:
    """The shared folder and two daemons that run."""
    daemons: list[LiveDaemon] = []

    def build() -> tuple[Path, list[LiveDaemon]]:
        share = tmp_path / "share"
        share.mkdir()
        for name in ("one", "two"):
            state_dir = tmp_path / name
            state_dir.mkdir()
            (state_dir / "config.toml").write_text(SETTINGS.format(share=share))
            daemons.append(LiveDaemon(state_dir, {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001"}))
            daemons[-1].start()
        return share, daemons

    yield build
    for daemon in daemons:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.stop()


def drop(share: Path, number: int) -> None:
    (share / f".{number}.new").write_text(f"prompt {number}")
    (share / f".{number}.new").rename(share / f"{number}.txt")


def pictures(daemons: list[LiveDaemon]) -> list[str]:
    return sorted(path.name for daemon in daemons for path in (daemon.state_dir / "outbox").glob("*.png"))


def done(daemons: list[LiveDaemon]) -> int:
    return sum(len(list((daemon.state_dir / "done").glob("*/*.txt"))) for daemon in daemons)


def left(share: Path) -> list[str]:
    """Directories come and go meanwhile: ``os.walk`` passes over those that went, ``rglob`` does not."""
    return sorted(os.path.relpath(os.path.join(top, name), share) for top, _, names in os.walk(share) for name in names)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(60, marks=[pytest.mark.slow]),
        pytest.param(1_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)]),
    ],
)
def test_two_daemons_draw_each_file_of_a_shared_folder_once(pair: Any, files: int) -> None:
    """Half of them come while both look. Result: as many pictures as files, none twice, none lost, none left."""
    share, daemons = pair()
    began = time.monotonic()
    for number in range(files):
        drop(share, number)
        if number > files // 2:
            time.sleep(0.002)
    daemons[0].until(lambda: done(daemons) == files, 60 + files / 3, "all files are done")
    took = time.monotonic() - began
    assert pictures(daemons) == sorted(f"{number}.png" for number in range(files))
    prompts = [job["request"]["prompt"] for daemon in daemons for job in daemon.jobs()]
    assert sorted(prompts) == sorted(f"prompt {number}" for number in range(files))
    assert left(share) == []
    shares = [len(list((daemon.state_dir / "outbox").glob("*.png"))) for daemon in daemons]
    print(f"\n{files} files in {took:.1f} s: {shares[0]} drawn by one, {shares[1]} by the other")
    assert all(shares)


@pytest.mark.slow
def test_what_a_killed_daemon_had_claimed_comes_back_with_it_and_the_other_goes_on(pair: Any) -> None:
    """1. One dies with claimed files in its hands. 2. More files come. Result: the other draws those; what the dead one
    had is drawn when it is started again, nothing twice."""
    share, (one, two) = pair()
    one.call("POST", "/v1/queue/pause")
    two.call("POST", "/v1/queue/pause")
    for number in range(60):
        drop(share, number)
    one.until(
        lambda: one.status()["queue"]["queued"] >= 5 and two.status()["queue"]["queued"] >= 5, 30, "both have some"
    )
    one.kill()
    two.call("POST", "/v1/queue/resume")
    for number in range(60, 90):
        drop(share, number)
    two.until(lambda: not [name for name in left(share) if not name.startswith(".")], 60, "the other took the rest")
    two.until(lambda: not any(two.status()["queue"][state] for state in ("queued", "running")), 60, "and drew it")
    assert 0 < len(pictures([one, two])) < 90
    one.start()
    one.call("POST", "/v1/queue/resume")
    one.until(lambda: done([one, two]) == 90, 60, "the first one ends what it had")
    assert pictures([one, two]) == sorted(f"{number}.png" for number in range(90))
    assert left(share) == []


def claim_on(path: Path, order: str) -> Claim:
    facts = path.stat()
    return Claim(order * 16, path.name, facts.st_ino, facts.st_size, facts.st_mtime_ns, False)


def test_a_pair_of_files_is_never_torn_between_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1. One daemon has moved the sidecar. 2. The other takes the picture in that moment. Result: whoever can't have
    all gives back what it has."""
    (tmp_path / "cat.png").write_bytes(b"picture")
    (tmp_path / "cat.txt").write_text("make it blue")
    first, second = claim_on(tmp_path / "cat.png", "1"), claim_on(tmp_path / "cat.png", "2")
    rename = os.rename

    def interrupted(source: str, target: str, **more: Any) -> None:
        if source == "cat.png":
            monkeypatch.setattr(os, "rename", rename)
            with pytest.raises(GoneError):
                claiming.take(tmp_path, second, ("cat.txt",))
            claiming.give_up(tmp_path, second)
        rename(source, target, **more)

    monkeypatch.setattr(os, "rename", interrupted)
    source = claiming.take(tmp_path, first, ("cat.txt",))
    assert (source.main, source.sidecars) == ("cat.png", ("cat.txt",))
    assert left(tmp_path) == [f".processing/{first.order_id}/cat.png", f".processing/{first.order_id}/cat.txt"]


async def test_who_comes_too_late_for_a_pair_waits_before_it_takes_what_is_left_of_it(
    make_world: Any, png: bytes
) -> None:
    """The other daemon has the picture for a moment. Result: its sidecar is not taken for an order by itself."""
    world = make_world()
    world.drop("cat.png", png)
    world.drop("cat.txt", "make it blue")
    await world.look()
    world.clock.now += 11_000
    find = claiming.ready
    held = world.inbox / ".held"

    def snatched(root: Path, name: str) -> bool:
        if (root / "cat.png").exists():
            os.rename(root / "cat.png", held)
        return find(root, name)

    claiming.ready = snatched  # type: ignore[assignment]
    try:
        await world.look()
    finally:
        claiming.ready = find
    await world.look(1)
    assert world.service.prompts == []
    os.rename(held, world.inbox / "cat.png")
    await world.finish()
    assert world.service.prompts == ["make it blue"]
    assert world.left == []


async def test_a_picture_is_not_taken_without_the_sidecar_that_was_seen_beside_it(
    make_world: Any, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other daemon moves the sidecar after all was found ready. Result: the picture waits for its return."""
    world = make_world()
    world.drop("cat.png", png)
    world.drop("cat.txt", "make it blue")
    ready, held = claiming.ready, world.inbox / ".held"
    await world.look()
    world.clock.now += 11_000

    def snatched(root: Path, name: str) -> bool:
        answer = ready(root, name)
        if name == "cat.txt":
            os.rename(root / name, held)
        return answer

    monkeypatch.setattr(claiming, "ready", snatched)
    await world.look()
    monkeypatch.undo()
    assert world.left == [".held", "cat.png"]
    os.rename(held, world.inbox / "cat.txt")
    await world.finish()
    assert world.service.prompts == ["make it blue"]
    assert world.failed == []
    assert world.left == []


async def test_a_picture_that_had_its_sidecar_waits_for_it_again(make_world: Any, png: bytes) -> None:
    """Another daemon takes the sidecar first, then fails at the picture, and gives back. Result: one order, whole."""
    world = make_world(pairing_seconds=10, settle_image_seconds=60)
    world.drop("cat.png", png)
    sidecar, held = world.drop("cat.txt", "make it blue"), world.inbox / ".held"
    await world.look()
    await world.look(59)
    os.rename(sidecar, held)
    await world.look(2)
    await world.look(6)
    assert world.service.all_orders() == []
    os.rename(held, sidecar)
    await world.finish()
    assert world.service.prompts == ["make it blue"]
    assert world.failed == []


async def test_a_sidecar_that_lands_between_look_and_claim_goes_with_its_picture(
    make_world: Any, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    world.drop("cat.png", png)
    ready = claiming.ready

    def landing(root: Path, name: str) -> bool:
        (root / "cat.txt").write_text("make it blue")
        return ready(root, name)

    monkeypatch.setattr(claiming, "ready", landing)
    await world.look()
    await world.look(61)
    monkeypatch.undo()
    assert world.left == ["cat.png", "cat.txt"]
    await world.finish()
    assert world.service.prompts == ["make it blue"]
    assert world.failed == []


async def test_more_sidecars_than_a_look_counts_are_a_mistake_and_told_once(make_world: Any, png: bytes) -> None:
    world = make_world()
    world.drop("cat.png", png)
    for number in range(40):
        ending = "".join(each.upper() if number >> bit & 1 else each for bit, each in enumerate("jsonl"[:4]))
        world.drop(f"cat{'.png' if number >= 16 else ''}.{ending}", '{"prompt": "a cat"}')
    await world.finish()
    pictures = [order for order in world.service.all_orders() if order.name == "cat.png"]
    assert len(pictures) == 1
    assert "several files for this picture" in world.error("cat.png")


def test_what_is_no_sidecar_stays_where_it_is_when_its_picture_is_taken(tmp_path: Path) -> None:
    """After a crash it is not known any more what the look found. Result: settings, links and directories stay."""
    (tmp_path / "folder.png").write_bytes(b"picture")
    (tmp_path / "folder.toml").write_text("lane = 'background'")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "folder.json").symlink_to("/etc/hostname")
    source = claiming.take(tmp_path, claim_on(tmp_path / "folder.png", "1"), None)
    assert source.sidecars == ()
    assert claiming.take(tmp_path, claim_on(tmp_path / "folder.toml", "2")).main == "folder.toml"
