"""What the bus has told lately: how far each running job is, and how the last ones ended. Kept in memory only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from daemon.events import JobChanged, JobProgress, Published
from daemon.happenings import Measure
from storage.queue.job import TERMINAL

KEPT = 20


@dataclass(frozen=True, slots=True)
class Ending:
    """A job that ended: how, and when (UTC epoch milliseconds)."""

    job_id: str
    state: str
    lane: str | None
    owner: str | None
    error_kind: str | None
    drawing_seconds: float | None
    at: int


class Recent:
    """Listens to the bus."""

    def __init__(self) -> None:
        self._progress: dict[str, tuple[int, int]] = {}
        self._endings: deque[Ending] = deque(maxlen=KEPT)

    def hear(self, event: Published | Measure) -> None:
        """One event."""
        if isinstance(event, JobProgress):
            self._progress[event.job_id] = (event.step, event.steps)
        elif isinstance(event, JobChanged):
            self._progress.pop(event.job_id, None)
            if event.state in TERMINAL and event.was not in TERMINAL:
                self._endings.append(
                    Ending(
                        event.job_id,
                        event.state,
                        event.lane,
                        event.owner,
                        event.error_kind,
                        event.drawing_seconds,
                        event.at,
                    )
                )

    def progress(self, job_id: str) -> tuple[int, int] | None:
        """``(step, steps)`` of a running job; None before its first step."""
        return self._progress.get(job_id)

    @property
    def endings(self) -> list[Ending]:
        """The last ones, newest first."""
        return list(self._endings)[::-1]
