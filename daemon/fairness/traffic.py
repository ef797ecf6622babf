"""What a simulation is fed with, and what it tells: jobs that come at a time, engines of a given speed, records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daemon.fairness.shares import Shares
from daemon.fairness.values import EngineState, Fit, Pick, Rules, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A job that somebody asks for."""

    at: float
    """When, in seconds."""
    lane: int
    owner: str
    fit: Fit
    steps: int
    """Forwards that each of its pictures takes."""
    pictures: int = 1
    weight: float = 1.0
    """Of the owner."""
    priority: int = 0
    error: float = 1.0
    """The estimate of its cost, as a multiple of what it would cost by itself."""
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """An engine."""

    capacity: int
    """Pictures that it draws together."""
    forward_seconds: Callable[[Fit, int], float]
    """How long a forward of so many pictures takes."""
    load_seconds: float = 0.0
    """How long a model takes to load."""
    model: str | None = None
    """What it has loaded at the start."""

    def alone_seconds(self, ask: Ask) -> float:
        """What the job costs when nobody shares its forwards: at most what it can cost."""
        return ask.steps * ask.pictures * self.forward_seconds(ask.fit, 1)


@dataclass(frozen=True, slots=True)
class Policy:
    """Who decides: what an engine is given next, and which of the jobs on board go first."""

    pick: Callable[[Waiting, EngineState, Shares, Rules], Pick | None]
    ranks: Callable[[EngineState, Shares, Rules], list[int]]


@dataclass(slots=True, kw_only=True)
class Record:
    """What became of a job. Times in seconds; ``inf`` for what has not happened."""

    ask: Ask
    seq: int
    engine: int = -1
    claimed: float = float("inf")
    started: float = float("inf")
    """Its first forward began."""
    ended: float = float("inf")
    seconds: float = 0.0
    """Engine-seconds that it had: its share, by pictures, of its forwards."""
    oldest: float = float("inf")
    """Since when it is the oldest job of its owner that has not ended."""
    others: float = 0.0
    """Engine-seconds of others from then until it started."""
    lead: float = 0.0
    """How far its owner's time lay, then, beyond that of whoever was next in the lane (once corrected)."""
    ahead: float = 0.0
    """Engine-seconds that the lane's other jobs, also its owner's, had still to get, then, of what was on board."""

    @property
    def wait(self) -> float:
        """From the ask to the pictures."""
        return self.ended - self.ask.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a simulation tells."""

    records: Sequence[Record]
    """In order of asking."""
    until: float
    """When the last job ended."""
    served: Mapping[int, tuple[float, ...]]
    """Engine-seconds by lane, of each stretch of time (see ``stretch_seconds``)."""
    short: Mapping[int, float]
    """By lane, the most engine-seconds by which it fell behind its share of what an engine drew, over any time in which
    it had something waiting or parked there all along."""
    loads: int
    """Models loaded."""
    drawn: float
    """Engine-seconds in all."""
