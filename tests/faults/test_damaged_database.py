"""The database file is damaged under the running daemon: it says so, writes nothing more, and blames no job."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon
from support.queue_driver import QueueDriver, new_job
from support.requests import settled

from storage import queue

pytestmark = pytest.mark.slow

PAGE = 4096
OLD = 300
"""Ended jobs: more than are in the page that new ones go to."""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Callable[..., LiveDaemon]]:
    made: list[LiveDaemon] = []

    def make(**environment: str) -> LiveDaemon:
        made.append(LiveDaemon(tmp_path / "state", {"MEZZOTINT_WATCH_FOLDER__ENABLED": "false", **environment}))
        return made[-1]

    yield make
    for live in made:
        if live.process is not None and live.process.poll() is None:
            live.kill()


def _old_jobs(state_dir: Path) -> list[str]:
    """Jobs of the past, all in the file: nothing of them waits in the write-ahead log."""
    driver = QueueDriver(state_dir)
    wanted = [new_job(settled(steps=4, prompt=f"spoil {number} " + 500 * "x")) for number in range(OLD)]
    made = driver.write(queue.enqueue_many, wanted, now=driver.now)
    for job in made:
        driver.write(queue.cancel, job.id, now=driver.now)
    driver.close()
    return [job.id for job in made]


def _pages_with(file: Path, text: bytes) -> list[int]:
    data = file.read_bytes()
    return [number for number in range(1, len(data) // PAGE) if text in data[number * PAGE : (number + 1) * PAGE]]


def _flip(file: Path, pages: Iterable[int]) -> dict[int, bytes]:
    """Spoil the beginning of pages; what was there."""
    was = {}
    with file.open("r+b") as opened:
        for number in pages:
            opened.seek(number * PAGE)
            was[number] = opened.read(PAGE)
            opened.seek(number * PAGE)
            opened.write(bytes(byte ^ 0xFF for byte in was[number][:64]))
    return was


def _mend(file: Path, was: dict[int, bytes]) -> None:
    with file.open("r+b") as opened:
        for number, page in was.items():
            opened.seek(number * PAGE)
            opened.write(page)


def _row(live: LiveDaemon, job: str) -> tuple[Any, ...]:
    """State, attempt and how many entries its history has, as they lie in the file."""
    with closing(sqlite3.connect(live.state_dir / "mezzotint.db")) as db:
        found = db.execute("SELECT state, attempt FROM jobs WHERE id = ?", (job,)).fetchone()
        return (*found, *db.execute("SELECT count(*) FROM events WHERE job_id = ?", (job,)).fetchone())


def _running(live: LiveDaemon, **fields: int) -> str:
    job = live.submit("a cat", width=64, height=64, **fields)
    live.until(lambda: live.job(job)["state"] == "running", 20, "it runs")
    return job


def _ends_unusable(live: LiveDaemon, seconds: float = 15.0) -> str:
    assert live.process is not None
    assert live.process.wait(seconds) == 78
    said = live.tail(100_000)
    assert "daemon_failed" in said
    assert "the database is damaged" in said
    assert "restore a backup" in said
    return said


def test_damage_that_a_reader_comes_upon_ends_the_daemon_and_no_job(daemon: Callable[..., LiveDaemon]) -> None:
    """At once, although a job is drawn: its result could not be kept."""
    live = daemon(MEZZOTINT_ENGINE__FAKE_STEP_S="0.2")
    old = _old_jobs(live.state_dir)
    live.start()
    job = _running(live, steps=140)
    before, file = _row(live, job), live.state_dir / "mezzotint.db"
    pages = _pages_with(file, b"spoil ")[: OLD // 20]
    was = _flip(file, pages)
    assert len(was) > 10
    with live.connection() as connection:
        status, answer = connection.call("GET", "/v1/jobs?state=cancelled&limit=500")
    assert status >= 500, answer
    assert "damaged" in answer["error"]["message"]
    _ends_unusable(live)
    assert _row(live, job) == before
    _mend(file, was)
    live.environment["MEZZOTINT_ENGINE__FAKE_STEP_S"] = "0.001"
    live.start()
    assert {found["state"] for found in live.wait(job)} == {"done"}
    assert live.stop() == 0
    assert problems(live.state_dir, [*old, job], max_attempts=2) == []


def test_damage_that_shows_when_a_result_is_recorded_is_not_the_job_s(daemon: Callable[..., LiveDaemon]) -> None:
    live = daemon(MEZZOTINT_ENGINE__FAKE_STEP_S="0.1")
    QueueDriver(live.state_dir).close()  # the tables are in the file, nothing waits in the write-ahead log
    live.start()
    job = _running(live, steps=25)
    file = live.state_dir / "mezzotint.db"
    with closing(sqlite3.connect(file)) as db:
        roots = [root - 1 for (root,) in db.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'pictures'")]
    before, was = _row(live, job), _flip(file, roots)
    said = _ends_unusable(live)
    assert "job_failed" not in said
    assert _row(live, job) == before
    assert before[:2] == ("running", 1)
    _mend(file, was)
    live.start()
    assert live.wait(job)[0]["state"] == "done"
    assert live.stop() == 0
    assert problems(live.state_dir, [job], max_attempts=2) == []
