"""The daemon dies at its start or while it takes a job, its engine dies, or the disk refuses: each start is whole."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest
from support.failpoints import IN_INTAKE, IN_THE_ENGINE, Start, finish_and_check, submit_three
from support.invariants import problems
from support.processes import engines_of, wait_until_gone

AT_START = (
    pytest.param("migration.before_commit", marks=pytest.mark.soak),
    "migration.after_commit",
    pytest.param("recovery.after_requeue", marks=pytest.mark.soak),
    "recovery.after_files",
)
ANYWHERE = "database.before_commit"


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
