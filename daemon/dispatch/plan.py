"""What to claim next: pure decisions, from what the engine holds to what it should be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Held(Protocol):
    """What the plan must know about a job that the engine holds."""

    @property
    def urgency(self) -> int: ...
    @property
    def alone(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """Claim at most ``limit`` jobs of these ``lanes``."""

    lanes: tuple[str, ...]
    limit: int
    engine_idle: bool


def spare(capacity: int) -> int:
    """Jobs sent beyond the engine's capacity: a freed row is filled at the next forward and not one claim later."""
    return max(1, capacity // 4)


def next_claim(held: Sequence[Held], *, capacity: int, recording: int, lanes: Sequence[str]) -> Claim | None:
    """The next claim, or none while there is nothing to be gained by one. ``lanes`` are in order of urgency.

    - A job that must run alone has the engine to itself.
    - A lane has room while the jobs held in it and in more urgent lanes are fewer than capacity and spare: a person's
      job is sent although background jobs fill the engine (which parks those), yet each lane's flood is bounded.
    - When recording falls behind (``recording`` jobs are drawn, not yet recorded), nothing more is started: their
      pixels are in memory.
    """
    if any(job.alone for job in held) or recording >= 2 * capacity + spare(capacity):
        return None
    for last in reversed(range(len(lanes))):
        room = capacity + spare(capacity) - sum(job.urgency <= last for job in held)
        if room > 0:
            return Claim(lanes=tuple(lanes[: last + 1]), limit=room, engine_idle=not held)
    return None
