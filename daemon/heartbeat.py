"""When a loop came round last: the difference between a part that rests and one that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable


class Heartbeat:
    """Beaten by one loop, looked at by the watchdog. Spans are of the monotonic clock: no step of the time matters."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """The loop came round."""
        self._last = self._clock()

    @property
    def silent_seconds(self) -> float:
        """How long ago that was."""
        return self._clock() - self._last
