"""How slowly a file may come: a hub that only drips would keep a pull for ever."""

from __future__ import annotations

import time

from pipeline.models.pull.hub import UnreachableHubError

WINDOW_SECONDS = 300.0
LEAST_BYTES = 300 * 1024
"""Of a file within that time; less is not worth waiting for."""


class TooSlowError(UnreachableHubError):
    """A file comes, but so slowly that it would never be whole."""


class Pace:
    """Counts what comes of one file in one try."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = time.monotonic()
        self._came = 0

    def count(self, size: int) -> None:
        """So many more bytes came. Raises ``TooSlowError`` at the end of a window in which too little did."""
        self._came += size
        if (now := time.monotonic()) - self._began < WINDOW_SECONDS:
            return
        if self._came < LEAST_BYTES:
            raise TooSlowError(
                f"{self._name}: the hub sends less than {LEAST_BYTES} bytes in {WINDOW_SECONDS:.0f} seconds",
                hint="look at the network; what came is kept, and the same command goes on from there",
            )
        self._began, self._came = now, 0
