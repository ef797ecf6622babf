"""The engine dies in every way there is, again and again; the daemon stays as it is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.processes import engines_of, usage, wait_until_gone

pytestmark = pytest.mark.slow

WARM_UP = 4
SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(
        tmp_path / "state",
        {
            "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005",
            "MEZZOTINT_QUEUE__RETRY_SECONDS": "0.05",
            "MEZZOTINT_WATCH_FOLDER__ENABLED": "false",
        },
    )
    live.start()
    live.until(lambda: bool(engines_of(live.pid)), 20, "there is an engine")
    yield live
    live.stop()


def outlive(daemon: LiveDaemon, deaths: int) -> tuple[float, float]:
    """Let so many engines die, by signals from outside and by jobs within; one job between any two.

    The longest time to the end of the next job, and the growth of the daemon's memory in MiB.
    """
    pid, longest = daemon.pid, 0.0
    before = usage(pid)
    for death in range(deaths + WARM_UP):
        if death == WARM_UP:
            before = usage(pid)
        daemon.until(lambda: bool(engines_of(pid)), 10, "the next engine is there")
        (engine,) = engines_of(pid)
        poison = None
        if death % 2:
            poison = daemon.submit("[crash-once]", steps=2)
        else:
            os.kill(engine, SIGNALS[death // 2 % 4])
        began = time.monotonic()
        wait_until_gone(engine, 10)
        after = daemon.submit(f"after {death}", steps=2, width=64, height=64)
        jobs = daemon.wait(after, *([poison] if poison else []))
        longest = max(longest, time.monotonic() - began)
        assert [job["state"] for job in jobs] == ["done"] * len(jobs)
    assert daemon.process is not None
    assert daemon.process.poll() is None
    assert daemon.status()["daemon"]["pid"] == pid
    assert daemon.status()["degraded"] == []
    now = usage(pid)
    assert abs(now.descriptors - before.descriptors) <= 3, (before, now)
    assert now.threads <= before.threads + 2, (before, now)
    return longest, now.resident_mib - before.resident_mib


def test_twelve_engines_die_and_the_daemon_stays_as_it_is(daemon: LiveDaemon) -> None:
    longest, grown = outlive(daemon, 12)
    assert longest < 5.0, "the next job is drawn soon: an engine that was of use is started again at once"
    assert grown < 8.0


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_hundred_engines_die_and_the_daemon_stays_as_it_is(daemon: LiveDaemon) -> None:
    longest, grown = outlive(daemon, 100)
    print(f"longest to the end of the next job {longest:.2f} s, grown by {grown:.1f} MiB")
    assert longest < 5.0
    assert grown < 10.0


def test_a_poison_job_has_its_attempts_and_the_twenty_behind_it_are_done(daemon: LiveDaemon) -> None:
    daemon.call("POST", "/v1/queue/pause")
    jobs = [daemon.submit(prompt, steps=4) for prompt in ("[crash]", *(f"behind {number}" for number in range(20)))]
    daemon.call("POST", "/v1/queue/resume")
    poison, *others = daemon.wait(*jobs)
    assert (poison["state"], poison["attempts"]) == ("dead", 3)
    assert "SIGKILL" in poison["error"]["message"]
    assert "memory ran out" in poison["error"]["message"], "the kernel may have ended it for want of memory"
    assert [job["state"] for job in others] == ["done"] * 20


@pytest.mark.parametrize("phase", ["idle", "loading", "hung", "stopped"])
def test_no_process_of_ours_outlives_a_daemon_that_is_killed(tmp_path: Path, phase: str) -> None:
    live = LiveDaemon(tmp_path / "state", {"MEZZOTINT_WATCH_FOLDER__ENABLED": "false"})
    live.start()
    live.until(lambda: bool(engines_of(live.pid)), 20, "there is an engine")
    (engine,) = engines_of(live.pid)
    if phase == "loading":
        live.submit("[load-hang]")
        live.until(lambda: live.status()["engines"][0]["state"] == "loading", 20, "it loads")
    elif phase == "hung":
        live.submit("[hang]")
        live.until(lambda: live.status()["engines"][0]["steps"] == 1, 20, "it hangs")
    elif phase == "stopped":
        live.until(lambda: live.status()["engines"][0]["state"] == "ready", 20, "it has tied itself to its daemon")
        os.kill(engine, signal.SIGSTOP)
    live.kill()
    wait_until_gone(engine, 5)
