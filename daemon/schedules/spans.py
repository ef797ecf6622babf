"""Spans of time as they are written: ``2s``, ``5m``, ``1h``, ``1d``, ``2w``."""

from __future__ import annotations

import re

from config.errors import UserError

_SPAN = re.compile(r"([0-9]{1,9})\s?([smhdw])")
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
LONGEST_SECONDS = 10 * 366 * 86_400


def milliseconds(text: str, field: str, least_seconds: int = 1) -> int:
    """How long that is; :class:`UserError` names the field when it is none, too short or over ten years."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise UserError(f"{field}: {text[:40]!r} is not a span of time", field=field, hint="write 2s, 5m, 1h or 1d")
    seconds = int(match[1]) * _SECONDS[match[2]]
    if not least_seconds <= seconds <= LONGEST_SECONDS:
        raise UserError(f"{field}: must be between {least_seconds} second and ten years", field=field)
    return seconds * 1000


def explained(text: str) -> str:
    """``5 minutes``."""
    match = _SPAN.fullmatch(text.strip())
    assert match is not None
    number, unit = int(match[1]), _UNITS[match[2]]
    return unit if number == 1 else f"{number} {unit}s"
