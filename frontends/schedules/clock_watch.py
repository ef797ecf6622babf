"""Whether the clock was set, or the machine slept: the clock of the wall against one that nobody can set."""

from __future__ import annotations

from dataclasses import dataclass

from config.clock import Clock

JUMP_MS = 2_000
"""Less than this is how clocks are kept right."""


@dataclass(frozen=True, slots=True)
class Look:
    """``awake_since``: the earliest moment, by the clock as it is now, from which on nothing can have been missed."""

    awake_since: int
    jumped_ms: int
    """By how much the clock was set, or for how long the machine slept; 0: neither."""


class ClockWatch:
    """Looked at often enough, it knows since when nothing can have been missed."""

    def __init__(self, wall: Clock, steady: Clock) -> None:
        self._wall = wall
        self._steady = steady
        self._seen = (wall(), steady())
        self._awake_since = self._seen[0]

    def look(self) -> Look:
        """What happened since the last look."""
        wall, steady = self._wall(), self._steady()
        passed = steady - self._seen[1]
        jumped = wall - self._seen[0] - passed
        self._seen = (wall, steady)
        if abs(jumped) < JUMP_MS:
            return Look(self._awake_since, 0)
        self._awake_since = wall - passed
        return Look(self._awake_since, jumped)
