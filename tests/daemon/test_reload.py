"""Settings read anew while the daemon runs: by signal and by command, heard by the service manager."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.notify_socket import Manager, manager

pytestmark = pytest.mark.slow

Configure = Callable[[str], None]


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Manager]:
    with manager(tmp_path / "notify") as made:
        yield made


@pytest.fixture
def live(tmp_path: Path, listening: Manager) -> Iterator[LiveDaemon]:
    live = LiveDaemon(tmp_path / "state", {**listening.environment(), "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.01"})
    live.state_dir.mkdir(mode=0o700)
    live.start()
    yield live
    assert live.stop() == 0


@pytest.fixture
def configure(live: LiveDaemon) -> Configure:
    def write(text: str) -> None:
        (live.state_dir / "config.toml").write_text(text)

    return write


def conditions(live: LiveDaemon) -> dict[str, str]:
    return {each["what"]: each["why"] for each in live.status()["degraded"]}


def test_a_signal_takes_over_what_can_change_and_names_the_rest(
    live: LiveDaemon, configure: Configure, listening: Manager
) -> None:
    """
    1. Bounds, a folder and the engine's device change in the file, and the daemon gets SIGHUP.
    2. The manager hears RELOADING with a time, then READY. 3. The new bound holds, the new folder is watched, the
    device waits for a restart, which status says. 4. The file is as before: nothing waits, the new folder is left.
    Result: one daemon throughout.
    """
    pid = live.pid
    configure(
        '[queue]\nmax_queued = 1\n[engine]\ndevice = "cuda:7"\n'
        '[[watch_folder.folders]]\nname = "inbox"\n[[watch_folder.folders]]\nname = "studio"\nsettle_seconds = 0\n'
    )
    os.kill(pid, signal.SIGHUP)
    said = listening.until(lambda each: each.startswith("RELOADING=1"), "it reloads")
    assert said.splitlines()[1].startswith("MONOTONIC_USEC=")
    listening.until(lambda each: each == "READY=1", "it has reloaded")
    live.until(lambda: "settings" in conditions(live), 10, "it says what waits")
    assert "engine.device" in conditions(live)["settings"]

    live.call("POST", "/v1/queue/pause")
    live.submit("the one that fits")
    with live.connection() as connection:
        status, answer = connection.call("POST", "/v1/jobs", {"prompt": "one more"})
    assert (status, "the queue is full" in answer["error"]["message"]) == (503, True)
    live.call("POST", "/v1/queue/resume")

    live.until(lambda: (live.state_dir / "studio").is_dir(), 20, "the new folder is there")
    (live.state_dir / "studio" / "pear.txt").write_text("a pear\n")
    live.until(lambda: any((live.state_dir / "outbox" / "studio").glob("pear*.png")), 30, "it is drawn")

    configure("")
    answer = json.loads(live.command_line("reload", "--json").stdout)
    assert sorted(answer["changed"]) == ["queue.max_queued", "watch_folder.folders"]
    assert answer["at_restart"] == []
    assert conditions(live) == {}
    assert "studio" not in json.dumps(live.status()["front_ends"])
    assert live.status()["daemon"]["pid"] == pid


def test_a_wrong_configuration_changes_nothing_and_status_says_so(live: LiveDaemon, configure: Configure) -> None:
    configure('[queue]\nmax_queued = 1\nmax_atempts = 3\n[log]\nlevel = "loud"\n')
    assert live.command_line("status").returncode == 0, "a daemon that runs can be asked all the same"
    done = live.command_line("reload")
    assert done.returncode == 78
    assert "max_atempts" in done.stderr
    assert "level" in done.stderr
    assert "max_atempts" in conditions(live)["settings"]
    live.call("POST", "/v1/queue/pause")
    taken = [live.submit("as before") for _ in range(3)]
    live.call("POST", "/v1/queue/resume")
    live.wait(*taken)

    configure("")
    assert live.command_line("reload").stdout == "nothing changed\n"
    assert conditions(live) == {}


def test_reloading_again_and_again_while_it_draws_loses_nothing(live: LiveDaemon, configure: Configure) -> None:
    taken = []
    for number in range(10):
        configure(f"[queue]\nmax_attempts = {3 + number % 2}\n[delivery]\nat_once = {1 + number}\n")
        os.kill(live.pid, signal.SIGHUP)
        taken += [live.submit(f"job {number} {each}", steps=3, width=64, height=64) for each in range(3)]
    assert {job["state"] for job in live.wait(*taken)} == {"done"}
