"""What would happen: the decisions of this package, driven by a traffic in virtual time.

It goes from event to event (a job comes, a picture is finished, a model is loaded, a lane has fallen behind), not from
forward to forward: as long as the same pictures are drawn, their forwards are counted together.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from daemon.fairness.alternatives import FAIR
from daemon.fairness.engine_model import SimulatedEngine
from daemon.fairness.policy import misfit_of
from daemon.fairness.traffic import Ask, Machine, Outcome, Policy, Record
from daemon.fairness.turns import TurnQueue
from daemon.fairness.values import LANES, Candidate, Pick, Rules

STRETCH_SECONDS = 60.0


def simulate(
    asks: Iterable[Ask],
    machines: Sequence[Machine],
    rules: Rules | None = None,
    policy: Policy = FAIR,
    *,
    until: float = math.inf,
    stretch_seconds: float = STRETCH_SECONDS,
) -> Outcome:
    """Let the traffic pass, to its end or up to a moment."""
    simulation = Simulation(asks, machines, rules or Rules(), policy, stretch_seconds=stretch_seconds)
    simulation.run(until)
    return simulation.outcome()


class Simulation:
    """One run."""

    def __init__(
        self,
        asks: Iterable[Ask],
        machines: Sequence[Machine],
        rules: Rules,
        policy: Policy,
        *,
        stretch_seconds: float = STRETCH_SECONDS,
    ) -> None:
        ordered = sorted(asks, key=lambda ask: ask.at)
        self.records = [Record(ask=ask, seq=seq) for seq, ask in enumerate(ordered)]
        self.now = 0.0
        self._rules = rules
        self._policy = policy
        self._queue = TurnQueue()
        self._engines = [
            SimulatedEngine(number, machine, rules, policy, self) for number, machine in enumerate(machines)
        ]
        self._arrived = 0
        self._wakes: list[tuple[float, int, int]] = []
        self._unended: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._had: dict[tuple[int, str], float] = defaultdict(float)
        self._drawn = 0.0
        self._others_from: dict[int, float] = {}
        self._stretch = stretch_seconds
        self._served: dict[int, list[float]] = defaultdict(lambda: [0.0] * LANES)

    # --- the course of events

    def run(self, until: float = math.inf) -> None:
        """Go on until a moment."""
        while True:
            coming = self.records[self._arrived].ask.at if self._arrived < len(self.records) else math.inf
            while self._wakes and self._wakes[0][2] != self._engines[self._wakes[0][1]].run_number:
                heapq.heappop(self._wakes)
            due = self._wakes[0][0] if self._wakes else math.inf
            if min(coming, due) > until or min(coming, due) == math.inf:
                return
            if due <= coming:
                self._engine_due(due)
            else:
                self._arrivals(coming)

    def _engine_due(self, due: float) -> None:
        _, number, _ = heapq.heappop(self._wakes)
        self.now = due
        engine = self._engines[number]
        ended = engine.end_run()
        for record in ended:
            self._end(record)
        if ended or engine.urgent_claims:
            self._dispatch()
        self._plan()

    def _arrivals(self, coming: float) -> None:
        self.now = coming
        before = self._queue.lanes()
        fresh = []
        while self._arrived < len(self.records) and self.records[self._arrived].ask.at <= coming:
            record = self.records[self._arrived]
            self._queue.enqueue(record.ask.lane, _candidate(record), record.ask.priority)
            fresh.append(record)
            self._arrived += 1
        for record in fresh:
            key = (record.ask.lane, record.ask.owner)
            self._unended[key].append(record.seq)
            if len(self._unended[key]) == 1:
                self._oldest(record)
        self._dispatch()
        if self._queue.lanes() != before:
            for engine in self._engines:
                engine.cut_short()
        self._plan()

    def _dispatch(self) -> None:
        """Give the engines what they have room for, first to the one that it fits best, then to the emptiest."""
        while True:
            best: tuple[int, int, int] | None = None
            chosen: Pick | None = None
            for engine in self._engines:
                pick = self._policy.pick(self._queue, engine.state(), engine.shares, self._rules)
                if pick is None:
                    continue
                place = (misfit_of(pick.candidate.fit, engine.state()), len(engine.held), engine.number)
                if best is None or place < best:
                    best, chosen = place, pick
            if best is None or chosen is None:
                return
            self._claim(self._engines[best[2]], chosen)

    def _claim(self, engine: SimulatedEngine, pick: Pick) -> None:
        record = self.records[pick.candidate.seq]
        record.engine, record.claimed = engine.number, self.now
        self._queue.claim(pick.lane, pick.candidate, self.estimate(record) / record.ask.weight)
        engine.take(record, self.estimate(record))

    def _end(self, record: Record) -> None:
        ask = record.ask
        record.ended = self.now
        self._queue.correct(ask.lane, ask.owner, (record.seconds - self.estimate(record)) / ask.weight)
        left = self._unended[ask.lane, ask.owner]
        was_first = left[0] == record.seq
        left.remove(record.seq)
        if was_first and left:
            self._oldest(self.records[left[0]])

    def _plan(self) -> None:
        waiting = self._queue.lanes()
        for engine in self._engines:
            due = engine.plan(self.now, waiting)
            if due is not None:
                heapq.heappush(self._wakes, (due, engine.number, engine.run_number))

    # --- the accounts

    def estimate(self, record: Record) -> float:
        """What the job is thought to cost."""
        return self._engines[0].machine.alone_seconds(record.ask) * record.ask.error

    def count(self, record: Record, seconds: float) -> None:
        """An engine gave a job so many engine-seconds."""
        record.seconds += seconds
        self._drawn += seconds
        self._had[record.ask.lane, record.ask.owner] += seconds
        self._served[int(self.now / self._stretch)][record.ask.lane] += seconds

    def begins(self, record: Record) -> None:
        """The first forward of a job begins."""
        record.started = self.now
        if (before := self._others_from.pop(record.seq, None)) is not None:
            record.others = self._others(record) - before

    def _oldest(self, record: Record) -> None:
        record.oldest = self.now
        if record.started < self.now:
            return
        self._others_from[record.seq] = self._others(record)
        lane, owner = record.ask.lane, record.ask.owner
        first = self._queue.clock_of(lane)
        for engine in self._engines:
            for held in engine.held:
                if held.record.ask.lane == lane and held.record is not record:
                    record.ahead += held.most_left()
        if record.claimed == math.inf:
            times = {turn.owner: turn.time for turn in self._queue.turns(lane) if turn.owner != owner}
            for engine in self._engines:
                for held in engine.held:
                    other = held.record.ask
                    if other.lane == lane and other.owner != owner:
                        at = times.get(other.owner, self._queue.time_of(lane, other.owner))
                        times[other.owner] = at - self.estimate(held.record) / other.weight
            record.lead = max(0.0, self._queue.time_of(lane, owner) - min(first, *times.values(), first))

    def _others(self, record: Record) -> float:
        for engine in self._engines:
            engine.advance(self.now)
        return self._drawn - self._had[record.ask.lane, record.ask.owner]

    def outcome(self) -> Outcome:
        """What has happened so far."""
        return Outcome(
            records=self.records,
            until=self.now,
            served={stretch: tuple(had) for stretch, had in sorted(self._served.items())},
            short={lane: max(engine.short[lane] for engine in self._engines) for lane in range(LANES)},
            loads=sum(engine.loads for engine in self._engines),
            drawn=self._drawn,
        )


def _candidate(record: Record) -> Candidate:
    return Candidate(record.seq, record.ask.owner, record.ask.fit, record.ask.alone)
