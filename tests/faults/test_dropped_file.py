"""The same order again and again, across kill -9: a dropped file, a request key, a command."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon

pytestmark = pytest.mark.slow

POINTS = (
    "order.after_row",
    "order.after_submit",
    "delivery.before",
    "delivery.after",
    "delivery.recorded",
    "order.after_done",
)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveDaemon]:
    daemon = LiveDaemon(tmp_path / "state", {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005"})
    yield daemon
    if daemon.process is not None and daemon.process.poll() is None:
        daemon.kill()


def test_a_dropped_file_is_one_job_and_one_picture_however_often_the_daemon_dies(live: LiveDaemon) -> None:
    """One file; the daemon dies at each step of its way in and out, one after the other, and starts again."""
    inbox, outbox = live.state_dir / "inbox", live.state_dir / "outbox"
    inbox.mkdir(parents=True, mode=0o700)
    live.state_dir.chmod(0o700)
    (inbox / "cat.txt").write_text("a cat")
    for point in POINTS:
        live.environment["MEZZOTINT_FAILPOINT"] = point
        with contextlib.suppress(AssertionError):  # it may die before it has answered once
            live.start()
        assert live.process is not None
        assert live.process.wait(30) == 137, point
    del live.environment["MEZZOTINT_FAILPOINT"]
    live.start()
    live.until(lambda: not (inbox / "cat.txt").exists() and (outbox / "cat.png").exists(), 30, "it is done")
    live.until(lambda: live.status()["deliveries"]["waiting"] == 0, 30, "it is delivered")
    live.stop()
    assert [path.name for path in outbox.glob("*.png")] == ["cat.png"]
    assert len(list((live.state_dir / "pictures").rglob("*.png"))) == 1
    assert problems(live.state_dir, [the_one_job(live)], max_attempts=3) == []


def the_one_job(live: LiveDaemon) -> str:
    """The id of the only job there is."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(live.state_dir / "mezzotint.db")) as connection:
        ((job,),) = connection.execute("SELECT id FROM jobs").fetchall()
    return str(job)


@pytest.mark.soak
def test_one_key_five_times_across_kills_is_one_job(live: LiveDaemon) -> None:
    ids = set()
    for number in range(5):
        live.environment["MEZZOTINT_FAILPOINT"] = "enqueue.after_commit" if number % 2 == 0 else ""
        live.start()
        with contextlib.suppress(OSError, http.client.HTTPException):
            ids.add(live.submit("once", key="once", steps=2, width=64, height=64))
        live.kill()
    assert len(ids) == 1
    live.environment["MEZZOTINT_FAILPOINT"] = ""
    live.start()
    live.wait(*ids)
    live.stop()
    assert problems(live.state_dir, ids, max_attempts=4) == []
