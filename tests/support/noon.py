"""A time zone in which no day and no month begins for hours."""

from __future__ import annotations

from datetime import UTC, datetime


def noon_zone() -> str:
    """Where it is about noon now: what a test counts today it can count for some hours."""
    east = 12 - datetime.now(UTC).hour  # -11 to 12
    return f"Etc/GMT{-east:+}" if east else "Etc/GMT"
