"""What the daemon is doing, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from daemon.service.conditions import Condition
from daemon.service.retention import RetentionStatus

STATES = ("queued", "running", "paused", "done", "failed", "cancelled", "dead")


class EngineReport(Protocol):
    """An engine as the dispatcher describes it."""

    @property
    def pid(self) -> int | None: ...
    @property
    def device(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...
    @property
    def active(self) -> int: ...
    @property
    def parked(self) -> int: ...
    @property
    def forwards(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def problem(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """An engine process: counters are since its start."""

    pid: int | None
    device: str | None
    model: str | None
    active: int
    parked: int
    forwards: int
    steps: int
    state: str
    """``starting``, ``ready``, ``loading``, ``waiting`` (to be started again), ``freed`` (until the queue is resumed)
    or ``stopped``."""
    problem: str | None = None
    """Why it is not up."""


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """A lane of the queue. ``share`` is its part (0 to 1) of the engine-seconds of the last hour, since the start."""

    name: str
    queued: int
    running: int
    oldest_seconds: float | None
    """How long the job that was accepted first has waited."""
    engine_seconds: float
    share: float | None
    eta_s: float | None = None
    """Until the last of its jobs is done, if nothing more comes; None where nobody knows."""
    share_floor: float = 0.0
    """What it gets at least while it has work."""


@dataclass(frozen=True, slots=True)
class PaceStatus:
    """How fast the engine has worked in the last ten seconds. ``busy`` is the part of that time (0 to 1)."""

    forwards_per_second: float
    steps_per_second: float
    busy: float


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """The daemon process."""

    pid: int
    uptime_s: float
    version: str
    state: str
    """``serving`` or ``stopping``."""


@dataclass(frozen=True, slots=True)
class FrontEndStatus:
    """``starting``, ``up``, ``retrying``, ``misconfigured``, ``refused`` or ``stopped``, and its own words."""

    name: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """The outbox: waiting to be delivered, and given up after too many tries."""

    waiting: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Status:
    """Everything ``mezzotint status`` shows."""

    daemon: DaemonStatus
    engines: tuple[EngineStatus, ...]
    queue: dict[str, int]
    """Jobs by state; every state is named."""
    paused: bool
    front_ends: tuple[FrontEndStatus, ...]
    deliveries: DeliveryStatus
    degraded: tuple[Condition, ...] = field(default=())
    retention: RetentionStatus | None = None
    """None when the settings have no rules of it."""
    freed: bool = False
    """Paused, and no engine is wanted: its memory is free once the running jobs have ended."""
    lanes: tuple[LaneStatus, ...] = ()
    """The most urgent first."""
    pace: PaceStatus = PaceStatus(0.0, 0.0, 0.0)
