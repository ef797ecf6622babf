"""Backup and prune of a daemon that is at work, and killed in the middle of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon, SocketConnection

QUIET = {"MEZZOTINT_WATCH_FOLDER__ENABLED": "false", "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005"}
QUICK = {"steps": 2, "width": 64, "height": 64}
Start = Callable[..., LiveDaemon]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Start]:
    """``daemon("state", NAME="value")``; whatever still runs in the end is killed."""
    made: list[LiveDaemon] = []

    def make(name: str = "state", **environment: str) -> LiveDaemon:
        made.append(LiveDaemon(tmp_path / name, {**QUIET, **environment}))
        return made[-1]

    yield make
    for live in made:
        if live.process is not None and live.process.poll() is None:
            live.kill()


def streamed(live: LiveDaemon, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The last line of long work."""
    connection = SocketConnection(live.socket)
    connection.request("POST", path, body=json.dumps(body), headers={"content-type": "application/json"})
    response = connection.getresponse()
    lines = response.read().splitlines()
    connection.close()
    assert response.status == 200, lines
    return dict(json.loads(lines[-1]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "gone"),
    [
        ("prune.before_commit", False),
        ("prune.after_commit", True),
        ("prune.after_unlink:2", True),
        ("prune.after_notes", True),
    ],
)
def test_a_prune_that_is_killed_is_finished_at_the_next_start(daemon: Start, point: str, gone: bool) -> None:
    doomed = daemon(MEZZOTINT_FAILPOINT=point)
    doomed.start()
    taken = [doomed.submit(f"job {number}", **QUICK) for number in range(5)]
    doomed.wait(*taken)
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError, AssertionError, IndexError):
        streamed(doomed, "/v1/prunes", {"keep": 2})
    assert doomed.process is not None
    assert doomed.process.wait(20) == 137
    healthy = daemon()
    healthy.start()
    left = {job["id"] for job in healthy.jobs()}
    healthy.stop()
    assert left == set(taken[3:] if gone else taken)
    assert problems(healthy.state_dir, left, max_attempts=3) == []
    assert list((healthy.state_dir / "quarantine").iterdir()) == [], "finished, not set aside"


class Producer:
    """Submits until told to stop; ``taken`` are the ids that were acknowledged, in order."""

    def __init__(self, live: LiveDaemon, name: str, pause_seconds: float = 0.2) -> None:
        self.taken: list[str] = []
        self.seconds: list[float] = []
        self._live = live
        self._name = name
        self._pause_seconds = pause_seconds
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self.over.set()
        self._thread.join()

    def _run(self) -> None:
        with self._live.connection() as connection:
            while not self.over.is_set():
                body = {"prompt": f"{self._name} {len(self.taken)}", "owner": f"cli:{self._name}", **QUICK}
                began = time.monotonic()
                status, answer = connection.call("POST", "/v1/jobs", body)
                self.seconds.append(time.monotonic() - began)
                assert status == 201, answer
                self.taken.append(answer["id"])
                self.over.wait(self._pause_seconds)


def backed_up_while_drawing(daemon: Start, tmp_path: Path, backups: int) -> None:
    """1. Four producers submit while the engine draws. 2. Backups are taken. 3. Each is put back and drained.

    Result: every job that was acknowledged before a backup began is in it, and every invariant holds.
    """
    live = daemon()
    live.start()
    producers = [Producer(live, f"p{number}") for number in range(4)]
    known: list[set[str]] = []
    try:
        for number in range(backups):
            time.sleep(0.1)
            known.append({job for producer in producers for job in list(producer.taken)})
            made = streamed(live, "/v1/backups", {"path": str(tmp_path / f"b{number}")})
            assert made["event"] == "backup", made
            assert made["backup"]["missing"] == 0
    finally:
        for producer in producers:
            producer.stop()
    taken = {job for producer in producers for job in producer.taken}
    worst = max(second for producer in producers for second in producer.seconds)
    print(f"{backups} backups, {len(taken)} jobs submitted meanwhile, the slowest took {worst * 1000:.0f} ms")
    live.kill()
    for number, before in enumerate(known):
        again = daemon(f"again{number}")
        done = again.command_line("restore", str(tmp_path / f"b{number}"))
        assert done.returncode == 0, done.stderr
        if number != backups - 1 and backups <= 10:
            continue  # one start costs more than everything else; the soak starts them all
        again.start()
        again.until(lambda again=again: not _open(again.status()), 60, "it has drained")
        there = {job["id"] for job in again.jobs()}
        assert before <= there <= taken
        assert again.stop() == 0
        assert problems(again.state_dir, there, max_attempts=3) == []


def _open(status: dict[str, Any]) -> int:
    return int(status["queue"]["queued"] + status["queue"]["running"])


@pytest.mark.slow
def test_backups_while_jobs_come_and_are_drawn(daemon: Start, tmp_path: Path) -> None:
    backed_up_while_drawing(daemon, tmp_path, 10)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_many_backups_while_jobs_come_and_are_drawn(daemon: Start, tmp_path: Path) -> None:
    backed_up_while_drawing(daemon, tmp_path, 40)


@pytest.mark.slow
def test_a_second_one_is_refused_and_who_leaves_calls_it_off(daemon: Start, tmp_path: Path) -> None:
    """A backup that must copy many pictures is still under way when a prune is wanted."""
    live = daemon()
    live.start()
    live.wait(*[live.submit(f"job {number}", count=64, **QUICK) for number in range(4)])
    refusals = (_during_a_backup(live, tmp_path / f"b{number}") for number in range(20))
    said = next((said for said in refusals if said is not None), None)
    assert said is not None, "each of twenty backups was over before the prune arrived"
    assert "a backup is under way" in said
    live.until(lambda: not list(tmp_path.glob(".mezzotint-unfinished-*")), 20, "nothing is left half written")
    live.until(lambda: _refused(live) is None, 20, "the next one is taken")
    assert streamed(live, "/v1/prunes", {"keep": 0, "dry_run": True})["event"] == "pruned"
    assert live.stop() == 0


def _during_a_backup(live: LiveDaemon, path: Path) -> str | None:
    """Begin a backup, ask for a prune and leave; what it was refused with, None when the backup was over by then."""
    backup = SocketConnection(live.socket)
    backup.request("POST", "/v1/backups", json.dumps({"path": str(path)}), {"content-type": "application/json"})
    deadline = time.monotonic() + 20
    while not (list(path.parent.glob(".mezzotint-unfinished-*")) or path.exists()):
        assert time.monotonic() < deadline, "no backup begins"
        time.sleep(0.001)
    said = _refused(live)
    backup.close()
    return said


def _refused(live: LiveDaemon) -> str | None:
    """Why a prune that only looks is refused now."""
    prune = SocketConnection(live.socket)
    prune.request("POST", "/v1/prunes", json.dumps({"keep": 0, "dry_run": True}), {"content-type": "application/json"})
    answer = prune.getresponse()
    said = answer.read()
    prune.close()
    assert answer.status in (200, 503), said
    return str(json.loads(said)["error"]["message"]) if answer.status == 503 else None
