"""How long a stage may learn."""

from __future__ import annotations

import math
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds since any moment, never backwards."""


class Budget:
    """``seconds`` of learning, ``spent`` of them in earlier runs. It runs once started."""

    def __init__(self, seconds: float, clock: Clock, spent: float = 0.0) -> None:
        self.seconds = seconds
        self._clock = clock
        self._earlier = spent
        self._started: float | None = None

    def start(self) -> None:
        """Filling the pool and compiling are over; from here on it counts."""
        self._started = self._clock()

    @property
    def spent(self) -> float:
        """In all runs together."""
        return self._earlier + (self._clock() - self._started if self._started is not None else 0.0)


def rate_share(step: int, share: float, warmup_steps: int, floor: float, hold: float = 0.0) -> float:
    """Which part of the highest learning rate is due when ``share`` of the budget is spent.

    Up in a line over ``warmup_steps``, level for the part ``hold`` of the budget, then down along half a cosine to
    ``floor`` (Loshchilov & Hutter 2017).
    """
    down = min(1.0, max(0.0, (share - hold) / (1 - hold)))
    cosine = 0.5 * (1 + math.cos(math.pi * down))
    return min(1.0, (step + 1) / warmup_steps) * max(floor, cosine)
