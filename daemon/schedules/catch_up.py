"""Which of the times that were missed are made up for: ``none``, ``one``, ``all:K`` or ``within:SPAN``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from config.errors import UserError
from daemon.schedules import spans

FIELD = "catch_up"
MOST = 1_000
"""The largest K, and so many wait at most."""
HINT = f"write none, one, all:K (K from 1 to {MOST}) or within:30m"


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The newest ``most`` are made up for, those of them that are at most ``within_ms`` late."""

    most: int
    within_ms: int | None = None


def parse(text: str) -> CatchUp:
    """:class:`UserError` when it is none of them."""
    words = text.strip().lower()
    if words in ("none", "one"):
        return CatchUp(int(words == "one"))
    if (match := re.fullmatch(r"all:(\d{1,4})", words)) and 1 <= int(match[1]) <= MOST:
        return CatchUp(int(match[1]))
    if words.startswith("within:"):
        return CatchUp(1, spans.milliseconds(words.removeprefix("within:"), FIELD))
    raise UserError(f"catch_up: {text[:40]!r} is not understood", field=FIELD, hint=HINT)


def chosen(missed: Sequence[int], now: int, policy: CatchUp) -> list[int]:
    """Those of ascending missed times that are made up for, ascending."""
    if policy.within_ms is not None:
        missed = [due for due in missed if now - due <= policy.within_ms]
    return list(missed[-policy.most :]) if policy.most else []
