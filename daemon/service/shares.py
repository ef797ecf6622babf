"""How the engine's time was shared between the lanes over the last hour, and how fast it works at the moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from config.clock import steady_ms
from daemon.events import Published
from daemon.happenings import EngineSpent, EngineWorked, Measure

PIECE_SECONDS = 60
PIECES = 60
PACE_SECONDS = 10.0
"""The pace is of the last so many seconds."""


class Shares:
    """Engine-seconds by lane, in pieces of a minute. Starts at nothing with the daemon."""

    def __init__(self, clock: Callable[[], int] = steady_ms) -> None:
        self._clock = clock
        self._pieces: deque[tuple[int, dict[str, float]]] = deque()

    def hear(self, event: Published | Measure) -> None:
        """Listens to the bus."""
        if isinstance(event, EngineSpent):
            piece = self._clock() // (1000 * PIECE_SECONDS)
            if not self._pieces or self._pieces[-1][0] != piece:
                self._pieces.append((piece, {}))
            by_lane = self._pieces[-1][1]
            by_lane[event.lane] = by_lane.get(event.lane, 0.0) + event.seconds
            self._forget()

    def seconds(self) -> dict[str, float]:
        """Engine-seconds by lane; lanes that used none are left out."""
        self._forget()
        total: dict[str, float] = {}
        for _, by_lane in self._pieces:
            for lane, seconds in by_lane.items():
                total[lane] = total.get(lane, 0.0) + seconds
        return total

    def _forget(self) -> None:
        oldest = self._clock() // (1000 * PIECE_SECONDS) - PIECES
        while self._pieces and self._pieces[0][0] <= oldest:
            self._pieces.popleft()


class Pace:
    """Forwards, steps and busy time of the engine in the last seconds."""

    def __init__(self, clock: Callable[[], int] = steady_ms) -> None:
        self._clock = clock
        self._began = clock()
        self._worked: deque[tuple[int, EngineWorked]] = deque()

    def hear(self, event: Published | Measure) -> None:
        """Listens to the bus."""
        if isinstance(event, EngineWorked):
            self._worked.append((self._clock(), event))
            self._forget()

    def now(self) -> tuple[float, float, float]:
        """Forwards a second, steps a second, and the part of the time in which it was busy (0 to 1)."""
        self._forget()
        seconds = max(1.0, min(PACE_SECONDS, (self._clock() - self._began) / 1000))
        forwards = sum(worked.forwards for _, worked in self._worked)
        steps = sum(worked.steps for _, worked in self._worked)
        busy = sum(worked.busy_seconds for _, worked in self._worked)
        return forwards / seconds, steps / seconds, min(1.0, busy / seconds)

    def _forget(self) -> None:
        oldest = self._clock() - 1000 * PACE_SECONDS
        while self._worked and self._worked[0][0] < oldest:
            self._worked.popleft()
