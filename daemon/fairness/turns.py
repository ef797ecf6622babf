"""A queue in memory that decides as the stored one does: whose turn it is in each lane.

Each owner has a time that moves on by the estimate of what is claimed for him, divided by his weight, and is put right
by what was measured when the job has ended. Who comes, or comes back, does not start before the lane's clock, which is
where the job claimed last started (start-time fair queueing: Goyal, Vin and Cheng, SIGCOMM 1996).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from daemon.fairness.values import LANES, Candidate, Turn

LOOK_AT_JOBS = 8
"""Jobs of an owner that are looked at for one claim."""


@dataclass(slots=True)
class _Owner:
    time: float
    since: int = 0
    """Order of coming, of those with something to claim."""
    jobs: list[tuple[int, int, Candidate]] = field(default_factory=list)


@dataclass(slots=True)
class _Lane:
    clock: float = 0.0
    owners: dict[str, _Owner] = field(default_factory=dict)
    order: list[tuple[float, int, str]] = field(default_factory=list)


class TurnQueue:
    """See :class:`daemon.fairness.values.Waiting`."""

    def __init__(self) -> None:
        self._lanes = [_Lane() for _ in range(LANES)]

    def lanes(self) -> list[int]:
        """Lanes in which a job may be claimed."""
        return [number for number, lane in enumerate(self._lanes) if lane.order]

    def turns(self, lane: int) -> Iterator[Turn]:
        """Owners of a lane with something to claim, in order of their turn."""
        return (Turn(owner, time) for time, _, owner in self._lanes[lane].order)

    def jobs(self, lane: int, owner: str) -> Iterable[Candidate]:
        """The first jobs of an owner, of the same priority."""
        jobs = self._lanes[lane].owners[owner].jobs
        return (job for priority, _, job in islice(jobs, LOOK_AT_JOBS) if priority == jobs[0][0])

    def time_of(self, lane: int, owner: str) -> float:
        """The owner's time."""
        return self._lanes[lane].owners[owner].time

    def clock_of(self, lane: int) -> float:
        """The lane's clock."""
        return self._lanes[lane].clock

    def enqueue(self, lane: int, job: Candidate, priority: int = 0) -> None:
        """A job waits. Jobs come in the order of their ``seq``."""
        place = self._lanes[lane]
        owner = place.owners.get(job.owner)
        if owner is None:
            owner = place.owners[job.owner] = _Owner(place.clock)
        if not owner.jobs:
            owner.time, owner.since = max(owner.time, place.clock), job.seq
            bisect.insort(place.order, (owner.time, owner.since, job.owner))
        bisect.insort(owner.jobs, (-priority, job.seq, job))

    def claim(self, lane: int, job: Candidate, cost: float) -> None:
        """Take a job out; ``cost`` is its estimate divided by its owner's weight."""
        place = self._lanes[lane]
        owner = place.owners[job.owner]
        place.clock = max(place.clock, owner.time)
        owner.jobs.pop(next(at for at, (_, seq, _) in enumerate(owner.jobs) if seq == job.seq))
        self._move(place, job.owner, cost)

    def correct(self, lane: int, owner: str, cost: float) -> None:
        """A job has ended that cost so much more (or less) than was charged for it, divided by its owner's weight."""
        self._move(self._lanes[lane], owner, cost)

    def _move(self, lane: _Lane, name: str, cost: float) -> None:
        owner = lane.owners[name]
        old = (owner.time, owner.since, name)
        at = bisect.bisect_left(lane.order, old)
        if at < len(lane.order) and lane.order[at] == old:
            del lane.order[at]
        owner.time += cost
        if owner.jobs:
            bisect.insort(lane.order, (owner.time, owner.since, name))
