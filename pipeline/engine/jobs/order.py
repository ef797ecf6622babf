"""Which pictures are drawn and which are parked, where there are more than places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.engine.jobs.job import Job
from pipeline.engine.jobs.picture import Picture
from pipeline.messages import ASIDE


def in_order(jobs: Iterable[Job]) -> list[Picture]:
    """The pictures that are still to be drawn, those that go first before the others.

    The more urgent job goes first; among equals the first picture of each job before the second of any, so that one
    job of many pictures does not hold all places; then the older job.
    """
    found: list[tuple[tuple[int, bool, int, int], Picture]] = []
    for job in jobs:
        left = [picture for picture in job.pictures if not picture.finishing]
        for place, picture in enumerate(left):
            found.append(((job.urgency, place > 0, job.number, picture.index), picture))
    return [picture for _, picture in sorted(found, key=lambda pair: pair[0])]


def rides_not(urgency: int, slots: Sequence[Picture]) -> bool:
    """Whether who is of this urgency, and everybody behind, waits until those who have the slots so far are done."""
    return bool(slots) and slots[0].urgency < ASIDE <= urgency
