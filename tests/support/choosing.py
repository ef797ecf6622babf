"""The plainest way to choose the next job, for tests of what is below the choice."""

from __future__ import annotations

from collections.abc import Sequence

from storage import queue
from storage.queue.job import LANES, Job
from storage.queue.waiting import Waiting


class InOrder:
    """The more urgent lane, the owner whose turn it is, his first job. A job that must run alone comes alone."""

    def __init__(self, lanes: Sequence[str] = LANES, *, idle: bool = True) -> None:
        self._urgencies = [LANES.index(lane) for lane in lanes]
        self._idle = idle

    def __call__(self, waiting: Waiting) -> int | None:
        for lane in sorted(set(self._urgencies) & set(waiting.lanes())):
            for place in waiting.turns(lane):
                for job in waiting.jobs(lane, place.owner):
                    if job.alone and not self._idle:
                        return None
                    self._idle = False
                    return job.seq
        return None


def charge(job: Job) -> queue.Charge:
    """A second for a million pixels and step."""
    request = job.request
    return queue.Charge((request.width or 0) * (request.height or 0) * (request.steps or 0) * request.count / 1e6)
