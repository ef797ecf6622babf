"""Follow one job to its end, with a progress bar where a person is looking."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from daemon.cli import output
from daemon.cli.client import Client
from daemon.cli.exits import LostDaemonError

TERMINAL = frozenset({"done", "failed", "cancelled", "dead"})

PATIENCE_SECONDS = 4.0
"""A job that waits longer is worth a word on why, if the daemon knows."""
HINDRANCES = frozenset({"engine", "disk", "models"})
"""Degraded parts of the daemon that keep jobs waiting."""

Show = Callable[[str, int, int], None]
"""Takes what is going on in a word or two, the step, and how many steps there are (0: not known)."""


def to_the_end(client: Client, job_id: str, show: Show) -> dict[str, Any]:
    """The job once it has ended. Raises :class:`LostDaemonError` when the daemon goes away before."""
    waiting, look_at = True, time.monotonic() + PATIENCE_SECONDS
    for line in client.lines("/v1/events", job=job_id):
        if waiting and time.monotonic() >= look_at and _explained(client):
            look_at = math.inf
        if line["event"] == "job":
            job: dict[str, Any] = line["job"]
            if job["state"] in TERMINAL:
                return job
            waiting = job["state"] == "queued"
            show("waiting" if waiting else "drawing", 0, 0)
        elif line["event"] == "progress":
            show("drawing", line["step"], line["steps"])
    raise LostDaemonError


def _explained(client: Client) -> bool:
    """Say what keeps the job waiting; false when nothing is known to."""
    found = [each for each in client.get("/v1/status")["degraded"] if each["what"] in HINDRANCES]
    for each in found:
        output.complaint(f"this waits: {each['what']}: {each['why']}", each["heals"])
    return bool(found)


@contextmanager
def bar(*, wanted: bool) -> Iterator[Show]:
    """A progress bar on stderr if that is a terminal, else nothing."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda doing, step, steps: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def show(doing: str, step: int, steps: int) -> None:
            progress.update(task, description=doing)
            if steps:
                progress.update(task, completed=step, total=steps)

        yield show
