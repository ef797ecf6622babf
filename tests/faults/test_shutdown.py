"""SIGTERM at every moment: in time, with status 0, and with nothing lost."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon
from support.processes import engines_of, wait_until_gone

pytestmark = pytest.mark.slow


def started(state_dir: Path, **environment: str) -> LiveDaemon:
    live = LiveDaemon(
        state_dir, {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.02", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false", **environment}
    )
    live.start()
    live.until(lambda: live.status()["engines"][0]["state"] == "ready", 20, "the engine is ready")
    return live


def running_job(live: LiveDaemon, **fields: int) -> str:
    job = live.submit("a cat", width=64, height=64, **fields)
    live.until(lambda: live.job(job)["state"] == "running", 20, "it runs")
    return job


def rows(live: LiveDaemon, job: str) -> tuple[str, int]:
    """State and attempts as the next daemon finds them, with the queue held so that it starts nothing."""
    import sqlite3

    with sqlite3.connect(live.state_dir / "mezzotint.db") as connection:
        found = connection.execute("SELECT state, attempt FROM jobs WHERE id = ?", (job,)).fetchone()
    connection.close()
    return (found[0], found[1])


def test_an_idle_daemon_stops_soon_with_its_engine(tmp_path: Path) -> None:
    live = started(tmp_path / "state")
    engines = engines_of(live.pid)
    assert engines
    began = time.monotonic()
    assert live.stop() == 0
    assert time.monotonic() - began < 3.0
    for engine in engines:
        wait_until_gone(engine, 0.5)


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
