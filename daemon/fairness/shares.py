"""What each lane has had: weights of engine-seconds, kept as start-time fair queueing keeps them.

A lane has a time that moves on by the engine-seconds it was given, divided by its share; of the lanes with work the one
with the smallest time has had least. A lane that gets work after it had none starts at the smallest time of the others:
it neither catches up on what it did not ask for nor waits behind what was drawn before it came. (Goyal, Vin and Cheng,
"Start-time fair queueing", SIGCOMM 1996.)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

from daemon.fairness.values import LANES, Aboard, Rules


@dataclass(frozen=True, slots=True)
class Shares:
    """The times of the lanes. Frozen: every method gives the next state."""

    times: tuple[float, ...] = (0.0,) * LANES
    working: frozenset[int] = frozenset()
    """Lanes with a job that waits or is on board."""
    owed: frozenset[int] = frozenset()
    """Lanes so far behind that their jobs go before more urgent ones until they have caught up."""
    clock: float = 0.0
    """The time of the lane that was behind the others when one was last looked at."""

    def seen(self, working: Collection[int]) -> Self:
        """Now these lanes have work."""
        now = frozenset(working)
        if now == self.working:
            return self
        stayed = now & self.working
        clock = max(self.clock, min((self.times[lane] for lane in stayed), default=self.clock))
        new = now - self.working
        times = tuple(max(time, clock) if lane in new else time for lane, time in enumerate(self.times))
        return replace(self, times=times, working=now, owed=self.owed & now, clock=clock)

    def served(self, lane: int, seconds: float, rules: Rules) -> Self:
        """The lane was given so many engine-seconds."""
        times = list(self.times)
        times[lane] += seconds / rules.shares[lane]
        return replace(self, times=tuple(times))

    def settled(self, aboard: Sequence[Aboard], model: str | None, rules: Rules) -> Self:
        """Decide anew which lanes are owed; ``model`` is what the engine has loaded."""
        owed = {lane for lane in self.working if self._is_owed(lane, aboard, model, rules)}
        return self if owed == self.owed else replace(self, owed=frozenset(owed))

    def projected(self, lane: int, aboard: Sequence[Aboard], rules: Rules) -> float:
        """The lane's time once all that it has on board is drawn."""
        left = sum(job.left for job in aboard if job.lane == lane)
        return self.times[lane] + left / rules.shares[lane]

    def _is_owed(self, lane: int, aboard: Sequence[Aboard], model: str | None, rules: Rules) -> bool:
        others = [self.times[other] for other in self.working if other != lane]
        if not others:
            return False
        if lane in self.owed:
            return self.times[lane] < min(others)
        behind = (max(others) - self.times[lane]) * rules.shares[lane]
        fits = model is None or any(job.lane == lane and job.fit.model == model for job in aboard)
        return behind > rules.quantum_seconds + (0.0 if fits else rules.switch_seconds)
