"""An engine as ``status`` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Counters are since the start of this engine process and include every job that is shown as ended."""

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
    """Why it is not up, in plain words."""
