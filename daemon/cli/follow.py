"""Follow one job to its end, with a progress bar where a person is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from daemon.cli.client import Client
from daemon.cli.exits import LostDaemonError

TERMINAL = frozenset({"done", "failed", "cancelled", "dead"})

Show = Callable[[str, int, int], None]
"""Takes what is going on in a word or two, the step, and how many steps there are (0: not known)."""


def to_the_end(client: Client, job_id: str, show: Show) -> dict[str, Any]:
    """The job once it has ended. Raises :class:`LostDaemonError` when the daemon goes away before."""
    for line in client.lines("/v1/events", job=job_id):
        if line["event"] == "job":
            job: dict[str, Any] = line["job"]
            if job["state"] in TERMINAL:
                return job
            show("waiting" if job["state"] == "queued" else "drawing", 0, 0)
        elif line["event"] == "progress":
            show("drawing", line["step"], line["steps"])
    raise LostDaemonError


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
