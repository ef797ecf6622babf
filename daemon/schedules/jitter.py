"""A delay by chance that is the same whenever it is asked for: what was foretold is what happens."""

from __future__ import annotations

import hashlib


def delay_ms(schedule: str, due: int, most_ms: int) -> int:
    """Between 0 and ``most_ms``, drawn from the schedule's id and the due time."""
    if most_ms <= 0:
        return 0
    drawn = hashlib.sha256(f"jitter {schedule} {due}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") % (most_ms + 1)
