"""Whether anything may be claimed at all, before it is asked which job; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from daemon.fairness.board import spare
from daemon.fairness.values import LANES


class Held(Protocol):
    """What the plan must know about a job that the engine holds."""

    @property
    def alone(self) -> bool: ...


def may_claim(held: Sequence[Held], *, capacity: int, recording: int) -> bool:
    """False while there is nothing to be gained by a claim.

    - A job that must run alone has the engine to itself.
    - When recording falls behind (``recording`` jobs are drawn, not yet recorded), nothing more is started: their
      pixels are in memory.
    """
    return not any(job.alone for job in held) and recording < 2 * capacity + spare(capacity)


def most(capacity: int) -> int:
    """Jobs of one claim at most: more than an engine of this capacity ever holds."""
    return LANES * (capacity + spare(capacity))
