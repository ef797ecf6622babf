"""What happens beside the jobs: to the engine, to deliveries, to the daemon's own parts.

Each carries ``at``, UTC epoch milliseconds; two that say the same are equal whenever they were. Names of owners and
the text of prompts are in none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from config.clock import now_ms


@dataclass(frozen=True, slots=True)
class EngineChanged:
    """An engine is ``ready``, ``gone`` (``why`` says so, and it is started again) or ``freed`` (until resumed)."""

    state: str
    device: str | None = None
    why: str | None = None
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class ModelChanged:
    """A model is ``loading``, or ``loaded`` after so many seconds."""

    model: str
    state: str
    seconds: float | None = None
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class ConditionChanged:
    """A part of the daemon is degraded from now on (``began``), or is well again."""

    what: str
    began: bool
    why: str
    heals: str
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class DeliveryTried:
    """A try to bring a result: ``made``, ``postponed`` (and tried again) or ``given_up``; the row is committed."""

    job_id: str
    source: str
    outcome: str
    why: str | None = None
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """Submissions were not taken: the ``kind`` of the error (or ``quota``), and which part of it was wrong."""

    kind: str
    source: str
    about: str | None = None
    count: int = 1
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class QueueHeld:
    """The whole queue was ``paused``, ``freed`` (paused, with the memory given back) or ``resumed``."""

    state: str
    at: int = field(default_factory=now_ms, compare=False)


@dataclass(frozen=True, slots=True)
class EngineWorked:
    """What an engine did since it last said so, and how much it has in hand. Comes up to ten times a second."""

    forwards: int
    steps: int
    busy_seconds: float
    active: int
    parked: int


@dataclass(frozen=True, slots=True)
class EngineSpent:
    """Engine-seconds that a job of this lane was charged since the last word about it."""

    lane: str
    seconds: float


Measure = EngineWorked | EngineSpent
Happening = EngineChanged | ModelChanged | ConditionChanged | DeliveryTried | SubmissionRefused | QueueHeld
