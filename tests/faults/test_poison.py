"""Jobs that kill, hang or spoil the engine they are drawn by, among innocent ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon

pytestmark = pytest.mark.slow


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(
        tmp_path / "state",
        {
            "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.02",
            "MEZZOTINT_ENGINE__RESTART_SECONDS": "0.05",
            "MEZZOTINT_ENGINE__STALL_SECONDS": "3",
            "MEZZOTINT_QUEUE__RETRY_SECONDS": "0.05",
            "MEZZOTINT_WATCH_FOLDER__ENABLED": "false",
        },
    )
    live.start()
    yield live
    live.stop()


def crowd(daemon: LiveDaemon, poison: str) -> list[str]:
    """A bad job among seven that share the engine with it: it first, all sent together."""
    daemon.call("POST", "/v1/queue/pause")
    prompts = [poison, *(f"innocent {number}" for number in range(7))]
    jobs = [daemon.submit(prompt, steps=10, width=64, height=64) for prompt in prompts]
    daemon.call("POST", "/v1/queue/resume")
    return jobs


@pytest.mark.parametrize("word", ["crash", "segv"])
def test_a_poison_job_among_eight_shared_ones_is_dead_alone(daemon: LiveDaemon, word: str) -> None:
    """Result: it had its three attempts, the last one alone; the others are done and the daemon is the same."""
    pid = daemon.pid
    poison, *others = daemon.wait(*crowd(daemon, f"[{word}]"))
    assert (poison["state"], poison["attempts"]) == ("dead", 3)
    assert poison["error"]["message"]
    assert [job["state"] for job in others] == ["done"] * 7
    assert daemon.status()["daemon"]["pid"] == pid


def test_a_hanging_job_is_given_up_and_its_neighbours_are_done(daemon: LiveDaemon) -> None:
    poison, *others = daemon.wait(*crowd(daemon, "[hang]"))
    assert (poison["state"], poison["attempts"]) == ("dead", 3)
    assert "no sign of life" in poison["error"]["message"]
    assert [job["state"] for job in others] == ["done"] * 7


@pytest.mark.parametrize(("word", "end"), [("oom", ("failed", 1)), ("corrupt", ("dead", 3))])
def test_a_job_that_fails_every_time_takes_nobody_along(daemon: LiveDaemon, word: str, end: tuple[str, int]) -> None:
    jobs = crowd(daemon, f"[{word}]")
    poison, *others = daemon.wait(*jobs)
    assert (poison["state"], poison["attempts"]) == end
    assert [job["state"] for job in others] == ["done"] * 7
    daemon.stop()
    assert problems(daemon.state_dir, jobs, max_attempts=3) == []
