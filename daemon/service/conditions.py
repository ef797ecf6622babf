"""What is wrong at the moment, by place: each entry says what heals it, and goes when it is healed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that works less well than it should."""

    what: str
    why: str
    heals: str
    """What ends it: "frees itself when there is space again", "set x and restart"."""


class Conditions:
    """The degraded parts of this daemon. Safe to call from any thread; costs nothing when nothing changes."""

    def __init__(self) -> None:
        self._by_what: dict[str, Condition] = {}

    def report(self, what: str, why: str, heals: str) -> None:
        """Say that ``what`` is degraded; a later report of the same ``what`` replaces this one."""
        self._by_what[what] = Condition(what, why, heals)

    def clear(self, what: str) -> None:
        """``what`` is well again."""
        self._by_what.pop(what, None)

    def list(self) -> tuple[Condition, ...]:
        """All of them, by name."""
        return tuple(self._by_what[what] for what in sorted(self._by_what))
