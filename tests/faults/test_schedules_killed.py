"""kill -9 around due times and at each point of a decision: each due time is decided once, and is one job at most."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.schedule_storm import ScheduleStorm

SEED = int(os.environ.get("STORM_SEED", "30"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_few_kills_around_due_times_make_none_twice_and_lose_none(tmp_path: Path) -> None:
    storm = ScheduleStorm(tmp_path / "state", kills=4, seed=SEED)
    assert storm.rage() == []
    assert storm.count("none", "done") > 0
    assert storm.count("none", "missed") > 0, "the kills must hit due times, or they prove nothing"
    assert storm.count("all", "missed") == 0, "whatever is missed is made up for"
    assert storm.count("all", "done") > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_kills_around_due_times_make_none_twice_and_lose_none(tmp_path: Path) -> None:
    storm = ScheduleStorm(tmp_path / "state", kills=100, seed=SEED + 1)
    assert storm.rage() == []
    assert storm.count("none", "missed") >= 20
    assert storm.count("all", "missed") == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "point",
    ["occurrence.before_advance", "occurrence.before_commit", "occurrence.after_commit", "enqueue.before_commit"],
)
def test_a_decision_that_is_killed_at_any_point_is_whole_or_is_made_anew(tmp_path: Path, point: str) -> None:
    """1. The second decision of a schedule kills the daemon. 2. It starts again. Result: none is lost or twice."""
    quiet = {"MEZZOTINT_WATCH_FOLDER__ENABLED": "false", "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005"}
    daemon = LiveDaemon(tmp_path / "state", {**quiet, "MEZZOTINT_FAILPOINT": f"{point}:2"})
    daemon.start()
    body = {
        "name": "tick",
        "every": "1s",
        "catch_up": "all:100",
        "time_zone": "UTC",
        "request": {"prompt": "a cat", "steps": 1, "width": 64, "height": 64},
    }
    daemon.call("POST", "/v1/schedules", body)
    assert daemon.process is not None
    assert daemon.process.wait(60) == 137
    del daemon.environment["MEZZOTINT_FAILPOINT"]
    daemon.start()
    try:
        daemon.until(lambda: _done(daemon) >= 3, 60, "it goes on")
    finally:
        daemon.stop()
    with closing(sqlite3.connect(tmp_path / "state" / "mezzotint.db")) as db:
        due = [row[0] for row in db.execute("SELECT due_at FROM occurrences ORDER BY due_at")]
        states = {row[0] for row in db.execute("SELECT state FROM occurrences")}
        (jobs,) = db.execute("SELECT count(*) FROM jobs").fetchone()
        (named,) = db.execute("SELECT count(DISTINCT job_id) FROM occurrences").fetchone()
    assert due == list(range(due[0], due[-1] + 1, 1_000))
    assert jobs == named
    assert states <= {"done", "queued", "waiting", "skipped"}


def _done(daemon: LiveDaemon) -> int:
    return sum(each["state"] == "done" for each in daemon.call("GET", "/v1/schedules/tick")["occurrences"])
