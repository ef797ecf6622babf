"""How long to wait before an engine that died is started again."""

from __future__ import annotations

MAX_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""An engine that has been up for so long is of use, also when its one long job was not finished."""


class Restarts:
    """Doubles while the engine dies without having finished anything; back to the first step after a finished job."""

    def __init__(self, first_seconds: float) -> None:
        self._first = first_seconds
        self._failures = 0

    def finished_something(self) -> None:
        """The engine is of use: its next death counts as the first."""
        self._failures = 0

    def lived(self, seconds: float) -> None:
        """How long the engine that has just died was ready."""
        if seconds >= STEADY_SECONDS:
            self._failures = 0

    def next_wait(self) -> float:
        """Seconds to wait after this death."""
        wait = min(self._first * 2**self._failures, MAX_SECONDS)
        self._failures = min(self._failures + 1, 20)
        return float(wait)
