"""The clock that is handed to whatever needs one, so that tests can hold it."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns milliseconds: UTC epoch for :func:`now_ms`."""


def now_ms() -> int:
    """The real clock. It may be set, by hours and in both directions: for moments, never for spans."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds since some moment, which nobody can set: for spans."""
    return time.monotonic_ns() // 1_000_000
