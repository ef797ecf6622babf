"""The fake's own time, which a test may move, and the ids that carry it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000
"""The first millisecond of 2015, from which every id counts."""


class Clock:
    """The real time plus what the test has added. Seconds since 1970."""

    def __init__(self, ahead: float = 0.0) -> None:
        self._ahead = ahead
        self._stopped: float | None = None

    def now(self) -> float:
        return (time.time() if self._stopped is None else self._stopped) + self._ahead

    def stop(self) -> None:
        """From now on only :meth:`advance` moves it, so that nothing runs out while a busy machine takes its time."""
        self._stopped = time.time()

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once: tokens age, rate limits reset, links expire."""
        assert seconds >= 0, "time never goes back"
        self._ahead += seconds

    def stamp(self, at: float | None = None) -> str:
        """A moment as the API writes it."""
        return datetime.fromtimestamp(self.now() if at is None else at, UTC).isoformat()


class Snowflakes:
    """Hands out ids that rise and hold the time of their making."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        made = (int(self._clock.now() * 1000) - EPOCH_MS) << 22
        self._last = max(self._last + 1, made)
        return self._last


def time_of(snowflake: int) -> float:
    """When an id was made, in seconds since 1970."""
    return ((snowflake >> 22) + EPOCH_MS) / 1000
