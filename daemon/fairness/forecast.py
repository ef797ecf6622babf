"""When jobs will have their pictures: what is asked, from how things stand, and what is answered.

:mod:`daemon.fairness.course` carries the decisions of this package on in virtual time. As much as came of late is taken
to come meanwhile (:func:`to_come`): without that all was told too early while the queue grew, by a quarter and more. Of
a long queue the jobs that are looked at are drawn so, and what lies beyond them follows at their pace.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from daemon.fairness.shares import Shares
from daemon.fairness.values import Rules
from daemon.fairness.work import Work

LATELY = 200
"""Jobs that came last, by which it is told what will come."""
LOOK_BACK = 2
"""So many times as far back as ahead: the farther, the less hangs on chance, and the later a change is seen."""
AT_ONCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """A job that may be claimed."""

    id: str
    seq: int
    lane: int
    owner: str
    work: Work
    priority: int = 0
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """A job on board."""

    id: str
    lane: int
    owner: str
    work: Work
    steps_done: int = 0
    """Of all its pictures."""
    pictures_done: int = 0
    served: float = 0.0
    """Engine-seconds that it had."""
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The engine, and the state of the decisions about it."""

    capacity: int
    """0 while there is none."""
    model: str | None = None
    ready_in: float = 0.0
    """Seconds until it goes on: it loads a model."""
    aboard: Sequence[Draws] = ()
    """In order of coming on board."""
    recording_seconds: float = 0.0
    """From the last picture of a job to its record."""
    ending: frozenset[str] = frozenset()
    """Ids of jobs that are drawn and not recorded yet."""
    shares: Shares = field(default_factory=Shares)
    rules: Rules = field(default_factory=Rules)
    weights: Mapping[str, float] = field(default_factory=dict)
    """Of owners (:func:`daemon.fairness.weights.weight_of`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comes:
    """A job that came some time ago, or that is taken to come in some time."""

    seconds: float
    """Ago, or from now on."""
    lane: int
    owner: str
    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What waits."""

    waiting: Sequence[Waits] = ()
    coming: Sequence[Comes] = ()
    """Jobs that are taken to come, and to be drawn among the others."""
    times: Mapping[tuple[int, str], float] = field(default_factory=dict)
    """Of each lane and owner (see :class:`daemon.fairness.values.Turn`)."""
    beyond: Mapping[tuple[int, str], int] = field(default_factory=dict)
    """By lane and owner: jobs further back in his line that were not looked at."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a job. ``None`` where nobody knows: too little like it, or like what goes before it, was
    drawn so far, or there is no engine."""

    position: int | None
    """Its place among those that wait, in the order in which they will be drawn; 1 is next. None once it is drawn."""
    starts_s: float | None
    ends_s: float | None
    """Seconds from the forecast on, until its first forward and until its pictures are there."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How an owner's line in a lane moves: what lies beyond it follows like that."""

    jobs: int
    """Those that were looked at."""
    position: int
    ends_s: float | None
    """Of the last of them."""

    def at(self, place: int) -> Expected:
        """Of the job at a place of that line, from 1 on."""
        share = place / self.jobs
        ends = None if self.ends_s is None else self.ends_s * share
        return Expected(max(place, round(self.position * share)), ends, ends)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of all jobs that were looked at, by their id."""

    jobs: Mapping[str, Expected] = field(default_factory=dict)
    paces: Mapping[tuple[int, str], Pace] = field(default_factory=dict)
    lanes: Mapping[int, float | None] = field(default_factory=dict)
    """Of each lane with work: seconds until the last of its jobs is done."""


def to_come(lately: Sequence[Comes]) -> list[Comes]:
    """What is taken to come, where this came of late: for every length of time half of what came in twice as long.

    So what came twenty seconds ago comes again in ten. It needs no rate and no window, and follows a queue that grows
    busier or quieter. What somebody asked for all at once counts once: it is not likely to come again.
    """
    occasions: list[Comes] = []
    last: dict[tuple[int, str], float] = {}
    for each in sorted(lately, key=lambda job: -job.seconds):
        since = last.get((each.lane, each.owner), math.inf) - each.seconds
        last[each.lane, each.owner] = each.seconds
        if since > AT_ONCE_SECONDS and each.seconds > 0:
            occasions.append(each)
    return [replace(each, seconds=each.seconds / LOOK_BACK) for each in occasions[-LOOK_BACK::-LOOK_BACK]]
