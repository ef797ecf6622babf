"""Jobs from eight callers at once, through the real daemon at synchronous FULL: none lost, none double."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.producers import produce


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(
        tmp_path / "state", {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}
    )
    live.start()
    yield live
    live.stop()


def carried_out(daemon: LiveDaemon, jobs: int, seconds: float) -> None:
    """1. Eight producers submit while the engine draws. 2. Half of them are submitted once more under their keys.
    3. Everything is drawn.

    Result: one id a key, one picture a job, and no file that no row names.
    """
    first = produce(daemon, jobs)
    again = produce(daemon, jobs // 2)
    sys.stdout.write(f"\n{first.per_second:.0f} accepted/s while drawing, {again.per_second:.0f} known keys/s\n")
    assert len(set(first.ids.values())) == jobs
    assert {key: first.ids[key] for key in again.ids} == again.ids
    daemon.until(lambda: daemon.status()["queue"]["done"] == jobs, seconds, f"{jobs} jobs are done")
    counts = {state: count for state, count in daemon.status()["queue"].items() if count}
    assert counts == {"done": jobs}
    with sqlite3.connect(f"file:{daemon.state_dir / 'mezzotint.db'}?mode=ro", uri=True) as database:
        rows = database.execute("select job_id, count(*) from pictures group by job_id").fetchall()
        paths = {path for (path,) in database.execute("select path from pictures")}
    database.close()
    assert {job for job, _ in rows} == set(first.ids.values())
    assert {count for _, count in rows} == {1}
    files = {str(path.relative_to(daemon.state_dir)) for path in daemon.state_dir.glob("pictures/*/*")}
    assert files == paths


def test_a_hundred_jobs_from_eight_producers_are_each_drawn_once(daemon: LiveDaemon) -> None:
    carried_out(daemon, 100, seconds=60)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_some_hundred_jobs_from_eight_producers_are_each_drawn_once(daemon: LiveDaemon) -> None:
    carried_out(daemon, 400, seconds=200)


@pytest.mark.soak
@pytest.mark.timeout(2_400)
def test_ten_thousand_jobs_from_eight_producers_are_each_drawn_once(daemon: LiveDaemon) -> None:
    carried_out(daemon, 10_000, seconds=1_800)
