"""Time zones by their IANA names."""

from __future__ import annotations

from zoneinfo import ZoneInfo


def checked(name: str) -> str:
    """The name, if there is such a zone; ``ValueError`` in words that follow "must" otherwise."""
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # for names that are no paths, are unknown, or are directories
        raise ValueError("be the IANA name of a time zone, for example UTC or Europe/Berlin") from None
    return name
