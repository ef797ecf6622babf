"""What an engine owes each lane: engine-seconds that its share promised and that it has not had.

While a lane wants to be served it is promised its share of every engine-second that the engine gives to anybody, and
what it is given itself is taken off. So over any stretch of time in which it wants all along it gets its share of what
was drawn, less the most that it is ever owed (:func:`daemon.fairness.bounds.most_owed`). What a lane gets beyond its
share, because others leave it, is not held against it for longer than :attr:`~Rules.quantum_seconds`; what it does not
ask for is not saved up.

Each engine has its own account: a job that one engine holds can't be helped by what its lane gets on another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self

from daemon.fairness.values import LANES, Rules


@dataclass(frozen=True, slots=True)
class Shares:
    """The account of one engine. Frozen: every method gives the next state."""

    behind: tuple[float, ...] = (0.0,) * LANES
    """Engine-seconds that each lane is owed; negative where it had more than its share lately."""
    unused: tuple[float, ...] = (0.0,) * LANES
    """Engine-seconds of its share that each lane did not use lately, whether it wanted them or not; negative where it
    had more. At most a quantum either way."""
    wanting: frozenset[int] = frozenset()
    """Lanes with a job that could be drawn and is not: it waits, or is parked."""
    owed: frozenset[int] = frozenset()
    """Lanes so far behind that they go before more urgent ones until they have caught up, where no model has to be
    loaded for it."""
    overdue: frozenset[int] = frozenset()
    """Those of the lanes for which another model is loaded, and everything that is begun ended first, if need be."""

    def seen(self, wanting: Collection[int]) -> Self:
        """Now these lanes want to be served. One that has stopped to want is owed nothing any more."""
        now = frozenset(wanting)
        if now == self.wanting:
            return self
        behind = tuple(owed if lane in now else min(owed, 0.0) for lane, owed in enumerate(self.behind))
        return replace(self, behind=behind, wanting=now, owed=self.owed & now, overdue=self.overdue & now)

    def served(self, total: float, in_turn: Mapping[int, float], rules: Rules) -> Self:
        """The engine gave so many engine-seconds in all, and so many of them count as served of each lane (see
        :func:`daemon.fairness.order.in_turn`).
        """
        behind = list(self.behind)
        for lane in self.wanting:
            behind[lane] += total * rules.shares[lane]
        for lane, seconds in in_turn.items():
            behind[lane] -= seconds
        most = rules.quantum_seconds
        left = (unused + total * rules.shares[lane] - in_turn.get(lane, 0.0) for lane, unused in enumerate(self.unused))
        return replace(
            self,
            behind=tuple(max(owed, -most) for owed in behind),
            unused=tuple(min(most, max(-most, each)) for each in left),
        )

    def settled(self, rules: Rules) -> Self:
        """Decide anew which lanes go before more urgent ones."""
        owed = self._beyond(rules.quantum_seconds, self.owed)
        overdue = self._beyond(rules.quantum_seconds + rules.switch_seconds, self.overdue)
        if owed == self.owed and overdue == self.overdue:
            return self
        return replace(self, owed=owed, overdue=overdue)

    def _beyond(self, seconds: float, before: frozenset[int]) -> frozenset[int]:
        """A lane that is in stays in until it is owed nothing, so that turns are not taken at every forward."""
        return frozenset(lane for lane in self.wanting if self.behind[lane] > (0.0 if lane in before else seconds))
