"""The clock that is handed to whatever needs one, so that tests can hold it."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns UTC epoch milliseconds."""


def now_ms() -> int:
    """The real clock."""
    return time.time_ns() // 1_000_000
