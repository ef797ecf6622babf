"""Everything that somebody who watches the service wants on one screen."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.service.recent import Ending
from daemon.service.status import Status
from storage.queue.job import Job


@dataclass(frozen=True, slots=True)
class Running:
    """A job that is drawn, and how far it is: ``step`` of ``steps``, None before its first step."""

    job: Job
    step: int | None
    steps: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """One look. ``waiting`` are the jobs that were accepted first; ``endings`` are newest first, since the start."""

    at: int
    status: Status
    running: tuple[Running, ...]
    waiting: tuple[Job, ...]
    endings: tuple[Ending, ...]
