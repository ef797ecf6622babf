"""A job that the engine holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from pipeline.messages import Draw
from pipeline.models.registry import ModelEntry
from storage.queue.job import LANES, Job
from storage.results.store import NewPicture

Name = tuple[str, int]
"""``(job, attempt)``: how daemon and engine call a job, so that late words about an earlier attempt are recognised."""


@dataclass(eq=False)
class HeldJob:
    """A claimed job between its claim and its end."""

    job: Job
    model: ModelEntry
    draw: Draw
    sent: bool = False
    rank: int = 0
    """What the engine was told of its urgency."""
    arrival: int = 0
    """Order of coming on board."""
    expected: float = 0.0
    """Engine-seconds that it is expected to take."""
    engine_seconds: float = 0.0
    """What it took of the engine, as it said last."""
    steps_done: int = 0
    pictures: dict[int, asyncio.Task[NewPicture]] = field(default_factory=dict)
    """By index: pictures on their way to the disk, or there already."""

    @property
    def name(self) -> Name:
        """See :data:`Name`."""
        return self.job.id, self.job.attempt

    @property
    def urgency(self) -> int:
        """0 is the most urgent lane."""
        return LANES.index(self.job.lane)

    @property
    def alone(self) -> bool:
        """An engine died with this job on board: it must not share one again."""
        return self.job.alone
