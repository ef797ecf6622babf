"""How many of how many were right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """``of`` may be 0: then there was nothing to judge."""

    right: int
    of: int

    @property
    def share(self) -> float | None:
        """From 0 to 1."""
        return round(self.right / self.of, 4) if self.of else None

    @classmethod
    def count(cls, verdicts: Iterable[bool | None]) -> Tally:
        """``None`` where there was nothing to judge."""
        judged = [verdict for verdict in verdicts if verdict is not None]
        return cls(sum(judged), len(judged))
