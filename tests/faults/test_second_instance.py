"""A second daemon on the same state directory."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon

pytestmark = pytest.mark.slow

ENVIRONMENT = {"MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(tmp_path / "state", ENVIRONMENT)
    live.start()
    yield live
    live.stop()


def second(live: LiveDaemon) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*live.command, "run"], env=live.environment, stdin=subprocess.DEVNULL, stderr=-1, stdout=-1
    )


def everything(live: LiveDaemon) -> dict[str, str]:
    """What lies in the state directory, by content."""
    found = {}
    for path in sorted(live.state_dir.rglob("*")):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else str(path.stat().st_ino)
        found[str(path.relative_to(live.state_dir))] = content
    return found


@pytest.mark.parametrize("lock_file", ["is there", "was deleted"])
def test_it_is_refused_and_leaves_everything_as_it_was(daemon: LiveDaemon, lock_file: str) -> None:
    daemon.wait(daemon.submit("a cat", steps=2, width=64, height=64))
    if lock_file == "was deleted":
        (daemon.state_dir / "run" / "daemon.lock").unlink()
    before = everything(daemon)
    other = second(daemon)
    said = other.communicate(timeout=30)[1].decode()
    assert other.returncode == 75
    if lock_file == "is there":
        assert f"pid {daemon.pid}" in said
        assert everything(daemon) == before
    assert "owns" in said
    assert daemon.status()["daemon"]["pid"] == daemon.pid, "the socket of the first still works"
    (job,) = daemon.wait(daemon.submit("a dog", steps=2, width=64, height=64))
    assert job["state"] == "done"


def test_of_four_that_start_at_once_exactly_one_lives(tmp_path: Path) -> None:
    one_of(tmp_path, 4)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_of_twenty_that_start_at_once_exactly_one_lives(tmp_path: Path) -> None:
    one_of(tmp_path, 20)


def one_of(tmp_path: Path, daemons: int) -> None:
    live = LiveDaemon(tmp_path / "state", ENVIRONMENT)
    all_of_them = [second(live) for _ in range(daemons)]
    try:
        live.until(
            lambda: sum(each.poll() is not None for each in all_of_them) == daemons - 1, 60, "all but one are refused"
        )
        (winner,) = [each for each in all_of_them if each.poll() is None]
        assert {each.returncode for each in all_of_them if each is not winner} == {75}
        live.until(lambda: live.socket.exists() and live.status()["daemon"]["pid"] == winner.pid, 30, "that one serves")
    finally:
        for each in all_of_them:
            each.terminate()
            each.communicate(timeout=30)
