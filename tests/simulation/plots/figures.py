"""What the plots have in common: colours, figures in words, parts of what was measured."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.fairness.traffic import Outcome

BLUE, ORANGE, GREEN, PURPLE, GREY = "#2f81d8", "#d9730d", "#2a9d5c", "#a35bd1", "#808a94"
SECONDS = (
    (1.0, "1 s"),
    (3.0, "3 s"),
    (10.0, "10 s"),
    (30.0, "30 s"),
    (60.0, "1 min"),
    (180.0, "3 min"),
    (600.0, "10 min"),
    (1800.0, "30 min"),
    (3600.0, "1 h"),
    (3 * 3600.0, "3 h"),
    (8 * 3600.0, "8 h"),
    (24 * 3600.0, "24 h"),
)


def waits_of(outcome: Outcome, lane: int = 0) -> list[float]:
    """From asking to the pictures, the shortest first."""
    return sorted(record.wait for record in outcome.records if record.ask.lane == lane)


def quantile(ordered: list[float], part: float) -> float:
    """What so many parts of 1 are not above."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def in_words(seconds: float) -> str:
    """As it is said."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def ticks(first: str, last: str) -> tuple[tuple[float, str], ...]:
    """Those of an axis of seconds, from one to another."""
    names = [words for _, words in SECONDS]
    return SECONDS[names.index(first) : names.index(last) + 1]


def percents(values: Iterable[int]) -> tuple[tuple[float, str], ...]:
    """Ticks of an axis of shares."""
    return tuple((value / 100, f"{value} %") for value in values)
