"""The daemon dies at every point of a result's way to the disk, and starts again."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon
from support.processes import engines_of, wait_until_gone

IN_THE_DAEMON = (
    "claim.before_commit",
    "claim.after_commit",
    "result.before_write",
    "result.after_write",
    "result.after_fsync",
    "result.after_replace",
    "result.after_directory_fsync",
    "finish.before_commit",
    "finish.after_commit",
)
IN_THE_ENGINE = ("engine.before_drawn", "engine.after_drawn")
AT_START = ("migration.before_commit", "migration.after_commit", "recovery.after_requeue", "recovery.after_files")
ANYWHERE = "database.before_commit"
IN_INTAKE = ("enqueue.before_commit", "enqueue.after_commit")

ENVIRONMENT = {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.01", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}


Start = Callable[..., LiveDaemon]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Start]:
    """``daemon(NAME="value")`` on one state directory; whatever still runs in the end is killed."""
    made: list[LiveDaemon] = []

    def make(**environment: str) -> LiveDaemon:
        made.append(LiveDaemon(tmp_path / "state", {**ENVIRONMENT, **environment}))
        return made[-1]

    yield make
    for live in made:
        if live.process is not None and live.process.poll() is None:
            live.kill()


def submit_three(running: LiveDaemon) -> list[str]:
    """Three jobs, one of them with two pictures; those that were acknowledged."""
    taken = []
    for number in range(3):
        with contextlib.suppress(OSError, http.client.HTTPException):
            taken.append(
                running.submit(f"job {number}", key=str(number), steps=3, width=64, height=64, count=1 + number % 2)
            )
    return taken


def finish_and_check(daemon: Start, *, max_attempts: int) -> None:
    """Start without any fault, submit again what may not have been taken, let everything end, and look."""
    healthy = daemon(MEZZOTINT_QUEUE__MAX_ATTEMPTS=str(max_attempts))
    healthy.start()
    taken = submit_three(healthy)
    jobs = healthy.wait(*taken)
    assert [job["state"] for job in jobs] == ["done"] * 3
    healthy.stop()
    healthy.start()  # what recovery leaves is what counts
    healthy.stop()
    assert problems(healthy.state_dir, taken, max_attempts=max_attempts + 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("max_attempts", [1, 3])
@pytest.mark.parametrize("point", IN_THE_DAEMON)
def test_the_daemon_dies_there_and_every_job_still_has_one_result(daemon: Start, point: str, max_attempts: int) -> None:
    """A crash accuses, and an accused job has its next attempt alone, even where one attempt is all it may have."""
    passage = 1 if point.startswith("claim.") else 2  # one claim may take them all
    doomed = daemon(MEZZOTINT_FAILPOINT=f"{point}:{passage}", MEZZOTINT_QUEUE__MAX_ATTEMPTS=str(max_attempts))
    doomed.start()
    engines = engines_of(doomed.pid)
    submit_three(doomed)
    assert doomed.process is not None
    assert doomed.process.wait(30) == 137
    for engine in engines:
        wait_until_gone(engine, 5)
    finish_and_check(daemon, max_attempts=max_attempts)


@pytest.mark.slow
@pytest.mark.parametrize("point", IN_THE_ENGINE)
def test_the_engine_dies_there_and_every_job_still_has_one_result(daemon: Start, point: str) -> None:
    """Each engine dies at its second picture; those that it brought home before count."""
    doomed = daemon(MEZZOTINT_FAILPOINT=f"{point}:2", MEZZOTINT_ENGINE__RESTART_SECONDS="0.05")
    doomed.start()
    pid = doomed.pid
    submit_three(doomed)
    doomed.until(lambda: b"engine_gone" in doomed.log.read_bytes(), 30, "the engine died")
    assert doomed.process is not None
    assert doomed.process.poll() is None, "the daemon outlives its engine"
    assert doomed.pid == pid
    doomed.kill()
    finish_and_check(daemon, max_attempts=3)


@pytest.mark.slow
@pytest.mark.parametrize("point", IN_INTAKE)
def test_the_daemon_dies_while_it_takes_a_job_and_a_second_asking_makes_no_second_job(
    daemon: Start, point: str
) -> None:
    doomed = daemon(MEZZOTINT_FAILPOINT=f"{point}:2")
    doomed.start()
    submit_three(doomed)
    assert doomed.process is not None
    assert doomed.process.wait(30) == 137
    finish_and_check(daemon, max_attempts=3)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["result.before_write", "result.after_write", "result.after_replace"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_refuses_makes_jobs_wait_and_not_lie(daemon: Start, point: str, error: str) -> None:
    """1. Every write fails. 2. No job is done and status says why. 3. The disk is well again: all are done."""
    refused = daemon(MEZZOTINT_FAILPOINT=f"{point}@{error}")
    refused.start()
    taken = submit_three(refused)
    refused.until(
        lambda: any(condition["what"] == "results" for condition in refused.status()["degraded"]), 30, "it says so"
    )
    assert "done" not in [refused.job(job)["state"] for job in taken]
    refused.kill()
    finish_and_check(daemon, max_attempts=3)


@pytest.mark.slow
def test_an_engine_is_gone_soon_after_its_daemon_was_killed_in_the_middle_of_a_forward(daemon: Start) -> None:
    running = daemon()
    running.start()
    running.submit("[hang]", steps=2)
    running.until(lambda: bool(engines_of(running.pid)), 20, "there is an engine")
    running.until(lambda: running.status()["engines"][0]["steps"] == 1, 20, "the job is in its second forward")
    (engine,) = engines_of(running.pid)
    os.kill(running.pid, signal.SIGKILL)
    wait_until_gone(engine, 5)
    running.kill()


@pytest.mark.slow
@pytest.mark.parametrize("point", AT_START)
def test_the_daemon_dies_while_it_starts_and_the_next_start_is_whole(daemon: Start, point: str) -> None:
    """Whether it died while it made its tables, or while it put right what an earlier death had left."""
    if point.startswith("recovery"):
        killed = daemon(MEZZOTINT_FAILPOINT="result.after_replace:2")
        killed.start()
        submit_three(killed)
        assert killed.process is not None
        assert killed.process.wait(30) == 137
    doomed = daemon(MEZZOTINT_FAILPOINT=point)
    with pytest.raises(AssertionError, match="ended with 137"):
        doomed.start()
    finish_and_check(daemon, max_attempts=3)


@pytest.mark.slow
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_commit_that_fails_once_is_made_again(daemon: Start, error: str) -> None:
    """The fifth commit is one of a claim or of a result; whichever, nothing is lost and nobody is told of it."""
    failing = daemon(MEZZOTINT_FAILPOINT=f"{ANYWHERE}:5@{error}")
    failing.start()
    taken = []
    while len(taken) < 3:
        with contextlib.suppress(AssertionError):  # the commit of a submission itself: told, and asked again
            taken.append(failing.submit(f"job {len(taken)}", key=str(len(taken)), steps=3, width=64, height=64))
    assert [job["state"] for job in failing.wait(*taken)] == ["done"] * 3
    failing.kill()
    failing = daemon()
    failing.start()
    failing.stop()
    assert problems(failing.state_dir, taken, max_attempts=4) == []


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("max_attempts", [1, 3])
@pytest.mark.parametrize("passage", [1, 2, 3])
@pytest.mark.parametrize("point", [*IN_THE_DAEMON, *IN_INTAKE, *IN_THE_ENGINE])
def test_every_point_at_every_early_passage(daemon: Start, point: str, passage: int, max_attempts: int) -> None:
    """The whole product: wherever and whenever it dies, in the daemon or the engine, each job has one result."""
    doomed = daemon(
        MEZZOTINT_FAILPOINT=f"{point}:{passage}",
        MEZZOTINT_QUEUE__MAX_ATTEMPTS=str(max_attempts),
        MEZZOTINT_ENGINE__RESTART_SECONDS="0.05",
    )
    doomed.start()
    submit_three(doomed)
    assert doomed.process is not None
    if point in IN_THE_ENGINE:
        doomed.until(lambda: b"engine_gone" in doomed.log.read_bytes(), 30, "the engine died")
    else:
        with contextlib.suppress(Exception):  # one claim may take them all: then there is no later passage
            doomed.process.wait(10)
    doomed.kill()
    finish_and_check(daemon, max_attempts=max_attempts)
