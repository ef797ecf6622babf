"""What the decisions are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

LANES = 4
"""Interactive, folder, scheduled, background: a lane is named here by its urgency, 0 the most urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator decides."""

    shares: tuple[float, ...] = (0.60, 0.20, 0.15, 0.05)
    """Of the engine-seconds, by lane; together 1. A lane with work gets at least this, and what others leave."""
    max_running: int = 0
    """Jobs of one owner on board at a time; 0 is as many as there is room for."""
    affinity_seconds: float = 10.0
    """Jobs that fit what the engine has loaded may go before others of their lane, by so many engine-seconds (of owners
    of weight 1) at most."""
    look_ahead: int = 32
    """The same: accepted so many jobs after the one whose turn it is, at most."""
    quantum_seconds: float = 2.0
    """A lane may fall so many engine-seconds behind its share before its jobs go before more urgent ones."""
    switch_seconds: float = 10.0
    """The same, further, where serving it means to load another model."""
    stretch: float = 1.5
    """Less urgent jobs that ride along in forwards of the most urgent lane may make them take so many times as long, at
    most."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What makes jobs go together: one model is loaded at a time, and one size shares a forward."""

    model: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Turn:
    """An owner with something to claim, and his place in his lane: who has the smallest ``time`` is next, and of equal
    ones who has waited longest.

    ``time`` moves on by the engine-seconds of what was claimed for him, divided by his weight. All who come between two
    claims come at the same time: in any other order (by name, say) a stream of newcomers could pass one for ever.
    """

    owner: str
    time: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A waiting job. ``alone``: an engine died with it on board, so that it may share one with nobody."""

    seq: int
    owner: str
    fit: Fit
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Aboard:
    """A job that the engine holds."""

    lane: int
    owner: str
    fit: Fit
    arrival: int
    """Order of coming on board."""
    seconds: float
    """Engine-seconds that it is expected to take."""
    served: float = 0.0
    """Engine-seconds that it had."""
    rows: int = 1
    """Pictures of it that could be drawn together."""
    alone: bool = False

    @property
    def left(self) -> float:
        """Engine-seconds that it is expected to take still."""
        return max(0.0, self.seconds - self.served)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """An engine and what it holds."""

    capacity: int
    """Jobs that it likes to draw together."""
    model: str | None = None
    """What it has loaded."""
    aboard: Sequence[Aboard] = ()
    forward_seconds: Callable[[Fit, int], float] | None = field(default=None, compare=False)
    """How long a forward of so many pictures takes, as far as it is known; None: all take the same."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The job to claim."""

    lane: int
    candidate: Candidate


class Waiting(Protocol):
    """What waits, looked at as far as it is needed. Iteration may stop at any point."""

    def lanes(self) -> Iterable[int]:
        """Lanes in which a job may be claimed."""

    def turns(self, lane: int) -> Iterable[Turn]:
        """Owners of a lane with something to claim, in order of their turn."""

    def jobs(self, lane: int, owner: str) -> Iterable[Candidate]:
        """The jobs of an owner in his own order (priority, then age).

        Only the first of them, and the next few that go with it: of the same priority.
        """
