"""How long nothing was heard, in time in which the daemon itself was awake."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_LOOK_SECONDS = 2.0
"""Two looks may lie further apart than this: the daemon was stopped, or the machine slept, and with it the engine.
What the engine said meanwhile is not read yet, so that time says nothing about it."""


class Silence:
    """Grows with each :meth:`look`, starts anew when it is :meth:`broken`."""

    def __init__(self, now: float) -> None:
        self.seconds = 0.0
        self._looked_at = now

    def look(self, now: float) -> None:
        """Count the time since the last look."""
        self.seconds += min(now - self._looked_at, LONGEST_LOOK_SECONDS)
        self._looked_at = now

    def broken(self) -> None:
        """Something was heard."""
        self.seconds = 0.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an engine may be silent before it counts as hung."""

    stall_seconds: float
    """With work in hand."""
    load_seconds: float
    """While it loads a model: it says nothing meanwhile."""
    idle_seconds: float
    """Without work: it says so every second, and a hung one should not cost the next job its patience."""
