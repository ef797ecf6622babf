"""The clock is set by an hour, both ways, and begins in 1970: nothing waits for it, is lost, or comes twice."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import set_clock_daemon
from support.invariants import problems
from support.live_daemon import LiveDaemon

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-P", set_clock_daemon.__file__)
HOUR = 3_600.0
SOON = 45.0
"""Seconds within which all must have happened: longer than the longest look at the outbox, far less than an hour."""


class SetDaemon(LiveDaemon):
    """A daemon whose clock is off by :meth:`set` seconds, with a watched folder."""

    def __init__(self, path: Path, **environment: str) -> None:
        self.clock = path / "clock"
        super().__init__(
            path / "state",
            {
                "CLOCK_FILE": str(self.clock),
                "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.05",
                "MEZZOTINT_ENGINE__RESTART_SECONDS": "0.05",
                **environment,
            },
            command=COMMAND,
        )

    def set(self, seconds: float) -> None:
        new = self.clock.with_name("new")
        new.write_text(str(seconds))
        os.replace(new, self.clock)

    @property
    def inbox(self) -> Path:
        return self.state_dir / "inbox"

    @property
    def outbox(self) -> Path:
        return self.state_dir / "outbox"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[SetDaemon]:
    live = SetDaemon(tmp_path)
    yield live
    if live.process is not None and live.process.poll() is None:
        live.kill()


def _pictures(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*.png"))


@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forward"])
def test_an_hour_in_the_middle_of_everything_changes_nothing(daemon: SetDaemon, step: float) -> None:
    """Queued, running, retried and delivered jobs and a file that settles, when the clock is set."""
    daemon.set(0)
    daemon.start()
    blocked = daemon.outbox
    if blocked.exists():
        blocked.rmdir()
    blocked.write_text("in the way of deliveries")
    (daemon.inbox / "early.txt").write_text("a red apple")
    daemon.until(lambda: any("delivery" in each["what"] for each in daemon.status()["degraded"]), 30, "it waits")
    jobs = [daemon.submit("[fail-once]", steps=2, width=64, height=64, key="retried")]
    jobs += [daemon.submit(f"job {number}", steps=8, width=64, height=64) for number in range(12)]
    daemon.until(lambda: daemon.status()["queue"]["running"] > 0, 20, "some run")
    (daemon.inbox / "late.txt").write_text("a green pear")
    daemon.set(step)
    blocked.unlink()
    ended = daemon.wait(*jobs, seconds=SOON)
    assert [job["state"] for job in ended] == ["done"] * 13
    daemon.until(lambda: _pictures(daemon.outbox) == ["early.png", "late.png"], SOON, "both orders are delivered")
    assert 0 < daemon.status()["daemon"]["uptime_s"] < 300
    daemon.until(lambda: not list(daemon.inbox.glob("*.txt")), SOON, "the files are done with")
    jobs += [job["id"] for job in daemon.jobs() if job["id"] not in jobs]
    assert len(jobs) == 15
    assert daemon.stop() == 0
    assert problems(daemon.state_dir, jobs, max_attempts=3) == []


def test_a_clock_that_begins_in_1970_and_is_set_loses_nothing(daemon: SetDaemon) -> None:
    import time

    daemon.set(-time.time())
    daemon.start()
    jobs = [daemon.submit(f"job {number}", steps=6, width=64, height=64) for number in range(6)]
    daemon.set(0)
    jobs += [daemon.submit(f"late job {number}", steps=2, width=64, height=64) for number in range(3)]
    assert {job["state"] for job in daemon.wait(*jobs, seconds=SOON)} == {"done"}
    daemon.set(-time.time())
    jobs.append(daemon.submit("back again", steps=2, width=64, height=64))
    assert daemon.wait(jobs[-1], seconds=SOON)[0]["state"] == "done"
    daemon.kill()
    daemon.start()
    assert daemon.stop() == 0
    assert problems(daemon.state_dir, jobs, max_attempts=3) == []
