"""Names of jobs, pictures and orders. Only such ids ever become file names."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: no i, l, o, u
LENGTH = 16


def new_id(now_ms: int) -> str:
    """48 bits of time and 32 of chance: sorts by age, can be typed, and never comes from user text."""
    number = ((now_ms & (2**48 - 1)) << 32) | secrets.randbits(32)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
