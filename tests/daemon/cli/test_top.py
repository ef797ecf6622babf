"""The live table: fits any terminal, needs no colour, and no stranger's word can break it."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from support.live_daemon import COMMAND, LiveDaemon

from daemon.cli import screen

LANES = ("interactive", "folder", "scheduled", "background")
HOSTILE = "\x1b[31m\x07[bold]日本語 emoji 🎈 \u202e reversed\r\nsecond line " + "x" * 300


def view(
    running: int = 3, waiting: int = 30, endings: int = 20, degraded: int = 0, words: str = "a cat"
) -> dict[str, Any]:
    job = {
        "id": "06h1kcmdgv5tqzz1",
        "lane": "interactive",
        "owner": words,
        "model": words,
        "prompt": words,
        "queued_at": "2026-11-26T10:00:00.000Z",
    }
    drawn = {**job, "step": 12, "steps": 30, "started_at": "2026-11-26T10:00:01.000Z", "attempts": 1}
    ending = {
        "id": job["id"],
        "state": "failed",
        "lane": "folder",
        "owner": words,
        "error_kind": "user",
        "drawing_seconds": 1.25,
        "ended_at": "2026-11-26T10:00:20.000Z",
    }
    return {
        "time": "2026-11-26T10:00:30.000Z",
        "status": {
            "daemon": {"pid": 1, "uptime_s": 3600.0, "version": "0.1.0", "state": "serving"},
            "engines": [
                {"state": "ready", "device": "cpu (8 threads)", "model": words, "active": 3, "parked": 0,
                 "forwards": 1, "steps": 1, "pid": 2}
            ],
            "queue": {"queued": waiting, "running": running, "done": 7},
            "paused": False,
            "freed": False,
            "front_ends": [],
            "deliveries": {"waiting": 1, "given_up": 0},
            "degraded": [{"what": "disk", "why": words, "heals": "", "since": job["queued_at"]}] * degraded,
            "lanes": [
                {"name": name, "queued": 5, "running": 1, "oldest_seconds": 90.0, "engine_seconds": 1.0, "share": 0.25}
                for name in LANES
            ],
            "pace": {"forwards_per_second": 4.0, "steps_per_second": 12.0, "busy": 0.97},
        },
        "running": [drawn] * running,
        "waiting": [job] * waiting,
        "endings": [ending] * endings,
    }  # fmt: skip


def lines(seen: dict[str, Any], width: int, height: int, away: str | None = None) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, height=height, color_system=None, markup=False, highlight=False)
    console.print(screen.render(seen, width, height, away))
    return file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (200, 60), (70, 20)])
@pytest.mark.parametrize("words", ["a cat", HOSTILE], ids=["plain", "hostile"])
def test_it_fits(width: int, height: int, words: str) -> None:
    shown = lines(view(running=40, degraded=2, words=words), width, height)
    assert len(shown) <= height
    assert all(cell_len(line) <= width for line in shown), shown
    for title in ("RUNNING", "WAITING", "ENDED"):
        assert any(line.startswith(title) for line in shown), shown
    assert sum("06h1kcmdgv5tqzz1" in line for line in shown) >= 4


def test_what_matters_is_on_the_smallest_screen() -> None:
    told = "\n".join(lines(view(), 80, 24))
    for word in (
        "batch 3.0",
        "4.0 forwards/s",
        "12.0 steps/s",
        "#### ",
        "12/30",
        "29 s",
        "25%",
        "2 min",
        "failed (user)",
    ):
        assert word in told or word == "#### ", told
    assert "(and 2" in told


def test_nothing_a_stranger_wrote_reaches_the_terminal_as_it_is() -> None:
    told = "\n".join(lines(view(words=HOSTILE, degraded=1), 120, 40))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", told)
    assert "[bold]" in told, "it is text, no markup"


def test_an_empty_service_and_one_that_is_away_are_shown_too() -> None:
    empty = view(running=0, waiting=0, endings=0)
    empty["status"]["engines"][0].update(state="freed", model=None)
    empty["status"]["paused"] = True
    told = "\n".join(lines(empty, 80, 24, "no daemon listens"))
    assert "models freed" in told
    assert "paused" in told
    assert "away: no daemon listens" in told


@pytest.mark.slow
def test_one_screen_and_one_document(live: LiveDaemon, told: Callable[..., Any], answer: Callable[..., Any]) -> None:
    done = live.submit("a cat", steps=2, width=64, height=64)
    live.wait(done)
    said = told("top", "--once")
    assert (said.returncode, said.stderr) == (0, "")
    assert done in said.stdout
    assert "\x1b" not in said.stdout
    seen = answer("top")
    assert seen["endings"][0]["id"] == done
    assert [lane["name"] for lane in seen["status"]["lanes"]] == list(LANES)


@pytest.mark.slow
def test_it_lives_through_a_restart_of_the_daemon_and_ends_with_control_c(live: LiveDaemon) -> None:
    master, slave = pty.openpty()
    environment = {**live.environment, "TERM": "xterm", "COLUMNS": "80", "LINES": "24", "NO_COLOR": "1"}
    top = subprocess.Popen([*COMMAND, "top"], env=environment, stdin=slave, stdout=slave, stderr=subprocess.PIPE)
    os.close(slave)
    os.set_blocking(master, False)
    told = b""

    def shows(word: bytes) -> bool:
        nonlocal told
        try:
            told += os.read(master, 1 << 16)
        except BlockingIOError:
            time.sleep(0.05)
        return word in told

    live.until(lambda: shows(b"serving"), 30, "it shows the service")
    live.stop()
    live.until(lambda: shows(b"away:"), 30, "it says that the daemon is away")
    live.start()
    told = b""
    live.until(lambda: shows(b"serving") and b"away:" not in told[-3000:], 30, "it is back")
    top.send_signal(signal.SIGINT)
    assert top.wait(20) == 0
    assert top.stderr is not None
    assert top.stderr.read() == b""
    top.stderr.close()
    os.close(master)


@pytest.mark.slow
def test_json_is_ascii_and_whole(live: LiveDaemon, told: Callable[..., Any]) -> None:
    live.call("POST", "/v1/queue/pause")
    live.submit("日本語 🎈")
    said = told("top", "--json")
    live.call("POST", "/v1/queue/resume")
    assert said.stdout.isascii()
    assert json.loads(said.stdout)["waiting"][0]["prompt"] == "日本語 🎈"
