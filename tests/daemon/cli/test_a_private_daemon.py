"""``draw`` where no daemon runs: it brings its own, and takes it along when it goes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.command_environment import environment
from support.live_daemon import COMMAND

QUICK = ("--steps", "2", "--size", "64")


def daemons(state_dir: Path) -> list[int]:
    """Process ids of the private daemons on this state directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"MEZZOTINT_STATE_DIR={state_dir}".encode() in (process / "environ").read_bytes().split(b"\0")
            if ours and b"--private" in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def until(condition: Callable[[], Any], what: str, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def drawing(state_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "draw", *arguments],
        env=environment(state_dir, MEZZOTINT_ENGINE__FAKE_STEP_S="0.01"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_draw_needs_no_daemon_and_leaves_none_behind(command: Any, state_dir: Path) -> None:
    done = command("draw", "a red apple", *QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.splitlines()[-1]).read_bytes().startswith(b"\x89PNG")
    assert daemons(state_dir) == []
    assert not (state_dir / "run" / "control.sock").exists()
    assert command("status").returncode == 69


@pytest.mark.slow
def test_two_at_once_share_one_daemon_and_both_get_their_picture(state_dir: Path) -> None:
    both = [
        drawing(state_dir, f"number {number}", "--steps", str(20 * number + 2), "--size", "64") for number in (0, 4)
    ]
    for each in both:
        told, complaints = each.communicate(timeout=90)
        assert (each.returncode, complaints) == (0, "")
        assert Path(told.splitlines()[-1]).is_file()


@pytest.mark.slow
def test_an_interrupt_cancels_the_job_and_stops_the_daemon(command: Any, state_dir: Path) -> None:
    mine = drawing(state_dir, "[slow] x", "--steps", "150", "--size", "64", "-n", "8")
    until(lambda: any((state_dir / "run").glob("control.sock")), "the private daemon listens")
    until(lambda: json.loads(command("jobs", "--json").stdout or "[]"), "the job is queued")
    mine.send_signal(signal.SIGINT)
    told, complaints = mine.communicate(timeout=60)
    assert (mine.returncode, told) == (130, "")
    assert "cancelled" in complaints
    assert "Traceback" not in complaints
    assert daemons(state_dir) == []


@pytest.mark.slow
def test_the_daemon_dies_with_a_command_that_was_killed(state_dir: Path) -> None:
    mine = drawing(state_dir, "[slow] x", "--steps", "150", "--size", "64", "-n", "8")
    until(lambda: daemons(state_dir), "a private daemon runs")
    mine.kill()
    mine.communicate(timeout=10)
    until(lambda: not daemons(state_dir), "it has gone")


def test_a_daemon_that_can_not_start_says_why(command: Any, state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "mezzotint.db").write_bytes(b"this is no database" * 1000)
    done = command("draw", "x", *QUICK, "--json")
    assert done.returncode == 78, "starting it again would not help"
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "fatal"
    assert "did not start" in error["message"]
    assert len(error["message"]) > len("the daemon did not start: ")


@pytest.mark.slow
def test_draw_says_why_it_waits_when_no_engine_comes_up_and_waits_on(state_dir: Path) -> None:
    mine = subprocess.Popen(
        [*COMMAND, "draw", "x", *QUICK],
        env=environment(state_dir, MEZZOTINT_ENGINE__START_TIMEOUT_SECONDS="0.01"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert mine.stderr is not None
    first = mine.stderr.readline()
    assert "this waits: engine: the engine was not ready" in first
    assert mine.poll() is None
    mine.send_signal(signal.SIGINT)
    told, complaints = mine.communicate(timeout=60)
    assert (mine.returncode, told) == (130, "")
    assert "waits" not in complaints
