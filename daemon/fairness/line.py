"""A line through what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

ORIGIN = 0.25
"""What the point (0, 0) counts among the measurements: with those of one place only the line is in proportion, and a
little more than that already decides where it begins."""


@dataclass(frozen=True, slots=True)
class Line:
    """``at_zero + slope * x``, neither below zero: time is never given back."""

    at_zero: float
    slope: float

    def at(self, x: float) -> float:
        """Its height there."""
        return self.at_zero + self.slope * x

    @classmethod
    def fitted(cls, n: float, x: float, xx: float, y: float, xy: float) -> Self:
        """By least squares, from the number of the measurements and the sums over them."""
        if n <= 0 or y <= 0:
            return cls(0.0, 0.0)
        if xx <= 0:
            return cls(y / n, 0.0)
        n += ORIGIN
        slope = (n * xy - x * y) / (n * xx - x * x)
        at_zero = (y - slope * x) / n
        if slope < 0:
            return cls(y / (n - ORIGIN), 0.0)
        return cls(0.0, xy / xx) if at_zero < 0 else cls(at_zero, slope)

    @classmethod
    def through(cls, points: Iterable[tuple[float, float, float]]) -> Self:
        """Points ``(x, y, weight)``."""
        sums = [0.0] * 5
        for x, y, weight in points:
            for place, more in enumerate((1, x, x * x, y, x * y)):
                sums[place] += weight * more
        return cls.fitted(*sums)
