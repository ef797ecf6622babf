"""What is wrong at the moment, by place: each entry says what heals it, and goes when it is healed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from config.clock import Clock, now_ms
from daemon.happenings import ConditionChanged

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that works less well than it should."""

    what: str
    why: str
    heals: str
    """What ends it: "frees itself when there is space again", "set x and restart"."""
    since: int
    """UTC epoch milliseconds."""


class Conditions:
    """The degraded parts of this daemon. Safe to call from any thread; costs nothing when nothing changes.

    Beginning and end of each are logged: whoever looks into the log after months finds when it was, and why.
    """

    def __init__(self, clock: Clock = now_ms) -> None:
        self._clock = clock
        self._by_what: dict[str, Condition] = {}
        self._told: Callable[[ConditionChanged], object] = lambda change: None

    def tell(self, told: Callable[[ConditionChanged], object]) -> None:
        """Call it with each beginning and end from now on, from whatever thread that comes."""
        self._told = told

    def report(self, what: str, why: str, heals: str) -> None:
        """Say that ``what`` is degraded; a later report of the same ``what`` replaces this one."""
        before = self._by_what.get(what)
        if before is None:
            log.warning("part_degraded", part=what, why=why, heals=heals)
        self._by_what[what] = Condition(what, why, heals, self._clock() if before is None else before.since)
        if before is None:
            self._told(ConditionChanged(what, True, why, heals))

    def clear(self, what: str) -> None:
        """``what`` is well again."""
        ended = self._by_what.pop(what, None)
        if ended is not None:
            log.info("part_well_again", part=what, degraded_seconds=max(0, self._clock() - ended.since) // 1000)
            self._told(ConditionChanged(what, False, ended.why, ended.heals))

    def list(self) -> tuple[Condition, ...]:
        """All of them, by name."""
        return tuple(self._by_what[what] for what in sorted(self._by_what))
