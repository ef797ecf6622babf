"""Three jobs for a daemon that dies on the way, and what must be true of them in the end."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Callable

from support.invariants import problems
from support.live_daemon import LiveDaemon

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
IN_INTAKE = ("enqueue.before_commit", "enqueue.after_commit")

ENVIRONMENT = {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.01", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}

Start = Callable[..., LiveDaemon]


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
