"""Events as JSON lines, over a restart of the daemon."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import COMMAND, LiveDaemon

pytestmark = pytest.mark.slow

SMALL = {"width": 64, "height": 64, "steps": 3}


class Follower:
    """The command, and what it has said so far."""

    def __init__(self, live: LiveDaemon, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "events", *arguments],
            env=live.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def has(self, **fields: Any) -> bool:
        return any(fields.items() <= line.items() for line in list(self.lines))

    def end(self) -> tuple[int, str]:
        """Control-C; its exit code, and what it said on stderr."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20), self.close()

    def close(self) -> str:
        """What it said on stderr, once it has ended and all its lines are read."""
        self._reader.join(20)
        assert self.process.stderr is not None
        assert self.process.stdout is not None
        said = self.process.stderr.read()
        self.process.stderr.close()
        self.process.stdout.close()
        return said


@contextmanager
def following(live: LiveDaemon, *arguments: str) -> Iterator[Follower]:
    follower = Follower(live, *arguments)
    try:
        yield follower
    finally:
        if follower.process.poll() is None:
            follower.process.kill()
            follower.process.wait(10)
            follower.close()


def heard_first(live: LiveDaemon, follower: Follower, **fields: Any) -> None:
    """Until the stream is open: pausing is told to everybody."""

    def paused() -> bool:
        live.call("POST", "/v1/queue/resume")
        return follower.has(event="queue", state="resumed", **fields)

    live.until(paused, 30, "the stream is open")


def test_everything_is_told_with_its_time_over_a_restart(live: LiveDaemon) -> None:
    """
    1. A job is drawn, one fails, one kills its engine, the daemon is stopped and started, a job is drawn.
    2. Each change is a line; between the two lives of the daemon a line says that something may be missing.
    """
    with following(live) as follower:
        heard_first(live, follower)
        done, failed = live.submit("a cat", **SMALL), live.submit("[fail-user]", **SMALL)
        live.wait(done, failed)
        crashed = live.submit("[crash-once]", **SMALL)
        live.wait(crashed)
        live.until(lambda: follower.has(job=crashed, state="done"), 20, "it has told the last")
        live.stop()
        live.start()
        live.until(lambda: follower.has(event="missed", why="the daemon was away"), 30, "it is back")
        later = live.submit("a dog", **SMALL)
        live.until(lambda: follower.has(job=later, state="done"), 20, "it tells what comes later")
        code, said = follower.end()
    assert (code, said) == (0, "")
    told = [line for line in follower.lines if line.get("job") == done and line["event"] == "state"]
    assert [line["state"] for line in told] == ["queued", "running", "done"]
    assert {(line["lane"], line["owner"]) for line in told} == {("interactive", "http:local")}
    assert follower.has(event="state", job=failed, state="failed", error_kind="user", was="running")
    assert follower.has(event="state", job=crashed, state="queued", why="engine_death")
    assert follower.has(event="engine", state="gone")
    assert follower.has(event="condition", part="engine", state="began")
    assert follower.has(event="condition", part="engine", state="ended")
    assert follower.has(event="progress", job=done, step=3, steps=3)
    times = [line["time"] for line in follower.lines]
    assert all(time.endswith("Z") for time in times)
    assert not follower.has(event="heartbeat")


def test_one_job_is_followed_to_its_end_and_kinds_are_chosen(live: LiveDaemon) -> None:
    live.call("POST", "/v1/queue/pause")
    job, other = live.submit("a cat", **SMALL), live.submit("a dog", **SMALL)
    with following(live, "--job", job, "--kinds", "state") as follower:
        live.until(lambda: follower.has(job=job, state="queued"), 20, "it says how the job is")
        live.call("POST", "/v1/queue/resume")
        assert follower.process.wait(30) == 0
        follower.close()
    live.wait(job, other)
    assert follower.has(job=job, state="done")
    assert {line["event"] for line in follower.lines} == {"state"}
    assert {line["job"] for line in follower.lines} == {job}


def test_a_delivery_and_a_refusal_are_told(live: LiveDaemon) -> None:
    with following(live, "--kinds", "delivery,refused", "--kinds", "queue") as follower:
        heard_first(live, follower)
        (live.state_dir / "inbox" / "wish.txt").write_text("a red apple")
        with live.connection() as connection:
            connection.call("POST", "/v1/jobs", {"prompt": "x", "steps": 0})
        live.until(lambda: follower.has(event="refused", kind="user", field="steps"), 20, "the refusal is told")
        live.until(lambda: follower.has(event="delivery", source="folder", outcome="made"), 60, "the delivery is told")
        follower.end()


def test_what_is_wrong_is_said(live: LiveDaemon, told: Callable[..., Any], tmp_path: Path) -> None:
    said = told("events", "--kinds", "nonsense")
    assert said.returncode == 1
    assert "kinds: 'nonsense' is none of state" in said.stderr
    assert told("events", "--job", "0000000000000000").returncode == 1
