"""Moments and spans as they are typed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from daemon.cli.exits import UsageError

_SPAN = re.compile(r"(\d{1,9})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def span(option: str, text: str) -> int:
    """Milliseconds of ``30d``, ``12h``, ``45m``, ``90s``, ``2w``."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{option}: {text!r} is not a span of time", hint="write 30d, 12h, 45m, 90s or 2w")
    return int(match[1]) * _SECONDS[match[2]] * 1000


def moment(option: str, text: str) -> int:
    """UTC epoch milliseconds of an ISO 8601 date or time (UTC unless it says otherwise), or of a span ago."""
    if _SPAN.fullmatch(text.strip()):
        return int(time.time() * 1000) - span(option, text)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{option}: {text!r} is not a time", hint="write 2026-11-24, 2026-11-24T18:00:00Z, or 30d for as long ago"
        ) from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
