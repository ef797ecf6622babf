"""Where the dispatcher says what is wrong at the moment."""

from __future__ import annotations

from typing import Protocol


class Conditions(Protocol):
    """The daemon's list of degraded parts."""

    def report(self, what: str, why: str, heals: str) -> None:
        """``what`` is degraded."""

    def clear(self, what: str) -> None:
        """``what`` is well."""


class Unheard:
    """For a dispatcher nobody asks."""

    def report(self, what: str, why: str, heals: str) -> None:
        """Nobody listens."""

    def clear(self, what: str) -> None:
        """Nobody listens."""
