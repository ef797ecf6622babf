"""The daemon dies at every point of a result's way to the disk, and starts again."""

from __future__ import annotations

import contextlib

import pytest
from support.failpoints import IN_INTAKE, IN_THE_DAEMON, IN_THE_ENGINE, Start, finish_and_check, submit_three
from support.processes import engines_of, wait_until_gone


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
