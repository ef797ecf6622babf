"""SIGTERM at every moment: in time, with status 0, and with nothing lost."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon
from support.processes import engines_of, wait_until_gone

pytestmark = pytest.mark.slow


QUICK = {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.02", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}


def started(state_dir: Path, *, cold: bool = False, **environment: str) -> LiveDaemon:
    live = LiveDaemon(state_dir, {**QUICK, **environment})
    live.cold = cold
    live.start()
    live.until(lambda: live.status()["engines"][0]["state"] == "ready", 20, "the engine is ready")
    return live


def running_job(live: LiveDaemon, **fields: int) -> str:
    job = live.submit("a cat", width=64, height=64, **fields)
    live.until(lambda: live.job(job)["state"] == "running", 20, "it runs")
    return job


def rows(live: LiveDaemon, job: str) -> tuple[str, int]:
    """State and attempts as the next daemon finds them, with the queue held so that it starts nothing."""
    return all_rows(live)[job]


def all_rows(live: LiveDaemon) -> dict[str, tuple[str, int]]:
    """The same of every job, by id."""
    with closing(sqlite3.connect(live.state_dir / "mezzotint.db")) as connection:
        return {
            job: (state, attempt) for job, state, attempt in connection.execute("SELECT id, state, attempt FROM jobs")
        }


IDLE_SECONDS = 3.0
"""It takes a sixth of one; a busy machine, several."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_daemon_stops_soon_with_its_engine(tmp_path: Path, number: signal.Signals) -> None:
    """The best of a few: another process may have the cores."""
    taken = []
    for again in range(3):
        live = started(tmp_path / f"state {again}", cold=True)
        (engine,) = engines_of(live.pid)
        began = time.monotonic()
        assert end(live, number) == 0
        taken.append(time.monotonic() - began)
        wait_until_gone(engine, 5)
        if taken[-1] <= IDLE_SECONDS:
            return
    raise AssertionError(taken)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_fifty_stops_at_any_moment_lose_nothing(tmp_path: Path) -> None:
    chance, live, taken, jobs = random.Random(5), LiveDaemon(tmp_path / "state", QUICK), [], list[str]()
    for number in range(50):
        live.start()
        jobs += [live.submit(f"{number}", width=64, height=64, steps=chance.randint(1, 60)) for _ in range(3)]
        time.sleep(chance.uniform(0, 1.0))
        began = time.monotonic()
        assert end(live, chance.choice((signal.SIGTERM, signal.SIGINT))) == 0
        taken.append(time.monotonic() - began)
    live.start()
    assert {job["state"] for job in live.wait(*jobs)} == {"done"}
    live.stop()
    print(f"stops took {min(taken):.2f} to {max(taken):.2f} s")
    assert problems(live.state_dir, jobs, max_attempts=1) == []


def end(live: LiveDaemon, number: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
    assert live.process is not None
    live.process.send_signal(number)
    return live.process.wait(seconds)


def test_a_daemon_that_has_not_come_up_yet_stops_too(tmp_path: Path) -> None:
    """Wherever its start-up is; before it listens to signals the signal itself ends it."""
    for pause in (0.2, 0.6):
        live = LiveDaemon(tmp_path / "state", QUICK)
        with live.log.open("ab") as log:
            live.process = subprocess.Popen([*live.command, "run"], env=live.environment, stdout=log, stderr=log)
        time.sleep(pause)
        assert end(live, seconds=10) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("word", ["load-hang", "hang"])
def test_a_hung_engine_holds_up_the_end_no_longer_than_the_grace(tmp_path: Path, word: str) -> None:
    live = started(tmp_path / "state", MEZZOTINT_STOP__GRACE_SECONDS="0.3")
    (engine,) = engines_of(live.pid)
    job = live.submit(f"[{word}]", width=64, height=64)
    live.until(lambda: live.job(job)["state"] == "running", 20, "it runs")
    began = time.monotonic()
    assert end(live) == 0
    assert time.monotonic() - began < 5.0
    wait_until_gone(engine, 5)
    assert rows(live, job) == ("queued", 0)


@pytest.mark.timeout(300)
def test_a_full_queue_and_clients_that_hang_on_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """1,000 wait; one client follows events and reads none, one has sent half a request, one half a body."""
    live = started(tmp_path / "state", MEZZOTINT_STOP__GRACE_SECONDS="0.5")
    with live.connection() as connection:
        orders = [{"prompt": f"{number}", "steps": 150, "count": 4} for number in range(1_000)]
        jobs = [str(connection.call("POST", "/v1/jobs", order)[1]["id"]) for order in orders]
    clients = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    words = (
        b"GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /v1/sta",
        b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{",
    )
    for client, said in zip(clients, words, strict=True):
        client.connect(str(live.socket))
        client.sendall(said)
    live.until(lambda: live.status()["queue"]["running"] > 0, 20, "some run")
    began = time.monotonic()
    assert end(live) == 0
    assert time.monotonic() - began < 8.0
    for client in clients:
        client.close()
    found = all_rows(live)
    assert set(jobs) == set(found)
    assert {state for state, _ in found.values()} <= {"queued", "done"}
    assert {attempt for state, attempt in found.values() if state == "queued"} == {0}


def test_a_signal_to_the_whole_group_lets_the_engine_finish_its_job(tmp_path: Path) -> None:
    live = started(tmp_path / "state")
    job = running_job(live, steps=40)
    for engine in engines_of(live.pid):
        os.kill(engine, signal.SIGTERM)
        os.kill(engine, signal.SIGINT)
    assert end(live) == 0
    assert rows(live, job) == ("done", 1)


def test_a_job_that_is_short_finishes_first(tmp_path: Path) -> None:
    live = started(tmp_path / "state")
    job = running_job(live, steps=40)
    assert live.stop() == 0
    assert rows(live, job) == ("done", 1)
    assert problems(live.state_dir, [job], max_attempts=1) == []


def test_a_job_that_is_long_is_released_with_its_attempt(tmp_path: Path) -> None:
    live = started(tmp_path / "state", MEZZOTINT_STOP__GRACE_SECONDS="0.5")
    job = running_job(live, steps=150, count=60)
    live.until(lambda: any((live.state_dir / "pictures").rglob("*.png")), 30, "some pictures are saved")
    assert live.stop() == 0
    assert rows(live, job) == ("queued", 0)
    assert not any((live.state_dir / "pictures").rglob("*.png"))


def test_a_second_signal_does_not_wait_for_the_grace(tmp_path: Path) -> None:
    live = started(tmp_path / "state", MEZZOTINT_STOP__GRACE_SECONDS="100")
    job = running_job(live, steps=150, count=60)
    assert live.process is not None
    live.process.send_signal(signal.SIGTERM)
    live.until(lambda: b"stop_requested" in live.log.read_bytes(), 10, "the first signal is heard")
    began = time.monotonic()
    live.process.send_signal(signal.SIGTERM)
    assert live.process.wait(20) == 0
    assert time.monotonic() - began < 5.0
    assert rows(live, job) == ("queued", 0)
