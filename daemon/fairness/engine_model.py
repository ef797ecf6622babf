"""An engine as the simulator knows it: which of the jobs it holds it draws, and how long that takes.

As the real one it draws the pictures of the smallest rank, of each job one before anybody's second; those of one size
share a forward, whose cost they bear in equal parts; and a model is loaded only when nothing begun holds the one that
is loaded, while nobody behind may start before it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from daemon.fairness import board, order
from daemon.fairness.catching_up import far as far_behind
from daemon.fairness.riders import ASIDE
from daemon.fairness.shares import Shares
from daemon.fairness.traffic import Machine, Policy, Record
from daemon.fairness.values import LANES, Aboard, EngineState, Rules


class Books(Protocol):
    """Where the engine says what it does."""

    def count(self, record: Record, seconds: float) -> None:
        """A job had so many engine-seconds."""

    def begins(self, record: Record) -> None:
        """The first forward of a job begins."""


@dataclass(eq=False, slots=True)
class Picture:
    """A picture to draw."""

    held: Held
    left: int
    """Forwards."""
    begun: bool = False
    turn: int = 0
    """Number of the run that drew it last; at first that of the last but one before it was begun, so that it takes its
    turn before those who have just been drawn and after all who wait."""


@dataclass(eq=False, slots=True)
class Held:
    """A job on board."""

    record: Record
    arrival: int
    estimate: float
    forward_alone: float
    pictures: list[Picture] = field(default_factory=list)
    """Those not finished."""

    def most_left(self) -> float:
        """Engine-seconds that it can still take at most."""
        return sum(picture.left for picture in self.pictures) * self.forward_alone


class SimulatedEngine:
    """One engine. It is told when a job comes on board and when time has passed."""

    def __init__(self, number: int, machine: Machine, rules: Rules, policy: Policy, books: Books) -> None:
        self.number = number
        self.machine = machine
        self.held: list[Held] = []
        self.shares = Shares()
        self.loads = 0
        self.short = [0.0] * LANES
        self.run_number = 0
        self.urgent_claims = False
        """A lane has become overdue since the last run: other jobs may be claimed than before."""
        self._rules = rules
        self._policy = policy
        self._books = books
        self._model = machine.model
        self._arrivals = 0
        self._state: EngineState | None = None
        self._ready_at = 0.0
        """Until then a model is being loaded."""
        self._group: list[Picture] = []
        self._began = 0.0
        self._forward = 0.0
        self._planned = 0
        self._working = self._cut = False
        self._ended: list[Record] = []
        self._since: dict[int, float] = {}
        """By lane with work: how far it was ahead of its share when it was so least."""
        self._gap = [0.0] * LANES

    def state(self) -> EngineState:
        """What the policy sees."""
        if self._state is None:
            aboard = tuple(_aboard(held) for held in self.held)
            self._state = EngineState(
                capacity=self.machine.capacity,
                model=self._model,
                aboard=aboard,
                forward_seconds=self.machine.forward_seconds,
            )
        return self._state

    def take(self, record: Record, estimate: float) -> None:
        """A job comes on board."""
        self._arrivals += 1
        held = Held(record, self._arrivals, estimate, self.machine.forward_seconds(record.ask.fit, 1))
        held.pictures = [Picture(held, record.ask.steps) for _ in range(record.ask.pictures)]
        self.held.append(held)
        self._state = None
        self.cut_short()

    # --- time

    def advance(self, now: float) -> None:
        """Count the forwards that have ended by now."""
        if not self._group or not self._planned:
            return
        self._count(min(self._planned, math.floor((now - self._began) / self._forward + 1e-9)))

    def _count(self, done: int) -> None:
        if done <= 0 or not self._group:
            return
        self._planned -= done
        self._began += done * self._forward
        each = done * self._forward / len(self._group)
        by_lane: dict[int, float] = defaultdict(float)
        had: dict[int, float] = defaultdict(float)
        before = self.state()
        for picture in self._group:
            record = picture.held.record
            picture.left -= done
            if not record.seconds:
                self._state = None  # it has begun
            by_lane[record.ask.lane] += each
            had[picture.held.arrival] += each
            self._books.count(record, each)
            if picture.left == 0:
                picture.held.pictures.remove(picture)
                self._state = None
                if not picture.held.pictures:
                    self.held.remove(picture.held)
                    self._ended.append(record)
        total = done * self._forward
        self.shares = self.shares.served(total, order.in_turn(before, had), self._rules)
        self._account(by_lane, total)

    def cut_short(self) -> None:
        """Something has changed: end the run after the forward that is under way."""
        if self._group and self._planned > 1:
            self._cut = True

    def end_run(self) -> list[Record]:
        """The run has come to its end; gives the jobs that ended with it."""
        self._count(self._planned)  # all of them, however the times were rounded
        self._working = False
        self._group = []
        ended, self._ended = self._ended, []
        return ended

    def plan(self, now: float, waiting: Collection[int]) -> float | None:
        """Begin the next run, or shorten the present one; when it ends, if that is news."""
        if self._working:
            return self._shortened(now) if self._cut else None
        if not self.held:
            self._close_accounts(frozenset(waiting))
            self.shares = self.shares.seen(frozenset()).settled(self._rules)
            return None
        self._settle(waiting)
        self.run_number += 1
        self._cut = False
        slots = self._fill_slots(now)
        self._working = True
        if slots is None:
            self._close_accounts(self._with_work(waiting, []))
            return self._ready_at
        self._group = self._together(slots)
        self._close_accounts(self._with_work(waiting, slots))
        self._forward = self.machine.forward_seconds(self._group[0].held.record.ask.fit, len(self._group))
        self._began = now
        self._planned = self._forwards_until_news(slots)
        for picture in self._group:
            picture.turn = self.run_number
            if picture.held.record.started == math.inf:
                self._books.begins(picture.held.record)
        return now + self._planned * self._forward

    def _shortened(self, now: float) -> float | None:
        self._cut = False
        if not self._group:
            return None
        left = max(1, math.ceil((now - self._began) / self._forward - 1e-9))
        if left >= self._planned:
            return None
        self._planned = left
        self.run_number += 1
        return self._began + left * self._forward

    # --- who is drawn

    def _settle(self, waiting: Collection[int]) -> None:
        before = self.shares.overdue
        wanting = board.wanting(waiting, self.state(), self.shares, self._rules)
        self.shares = self.shares.seen(wanting).settled(self._rules)
        self.urgent_claims = bool(self.shares.overdue - before)

    def _ordered(self) -> list[tuple[int, int, int, Picture]]:
        ranks = self._policy.ranks(self.state(), self.shares, self._rules)
        return sorted(
            (
                (rank, place, held.arrival, picture)
                for rank, held in zip(ranks, self.held, strict=True)
                for place, picture in enumerate(held.pictures)
            ),
            key=lambda row: row[:3],
        )

    def _fill_slots(self, now: float) -> list[tuple[int, Picture]] | None:
        slots: list[tuple[int, Picture]] = []
        blocked = False
        in_use = any(picture.begun for held in self.held for picture in held.pictures)
        for rank, _, _, picture in self._ordered():
            if len(slots) == self.machine.capacity or (slots and slots[0][0] < ASIDE <= rank):
                break
            model = picture.held.record.ask.fit.model
            if not picture.begun and not blocked and model != self._model:
                if not in_use and not slots:
                    self._load(model, now)
                    if self._ready_at > now:
                        return None
                else:
                    blocked = True
            if picture.begun or not blocked:
                slots.append((rank, picture))
        for _, picture in slots:
            if not picture.begun:
                picture.begun, picture.turn = True, self.run_number - 2
        return slots

    def _load(self, model: str, now: float) -> None:
        self.loads += 1
        self._model = model
        self._state = None
        self._ready_at = now + self.machine.load_seconds

    def _together(self, slots: list[tuple[int, Picture]]) -> list[Picture]:
        best = slots[0][0]
        head = min((picture for rank, picture in slots if rank == best), key=lambda picture: picture.turn)
        fit = head.held.record.ask.fit
        return [picture for _, picture in slots if picture.held.record.ask.fit == fit]

    def _forwards_until_news(self, slots: list[tuple[int, Picture]]) -> int:
        best = slots[0][0]
        if len({picture.held.record.ask.fit for rank, picture in slots if rank == best}) > 1:
            return 1  # they take turns
        forwards = min(picture.left for picture in self._group)
        each = self._forward / len(self._group)
        had: dict[int, float] = defaultdict(float)
        for picture in self._group:
            had[picture.held.arrival] += each
        counted = order.in_turn(self.state(), had)
        rules, shares, far = self._rules, self.shares, far_behind(self.state(), self._rules)
        for lane in shares.wanting:
            change = self._forward * rules.shares[lane] - counted.get(lane, 0.0)
            behind = shares.behind[lane]
            if change > 0:
                for most, into in (
                    (rules.quantum_seconds, shares.owed),
                    (rules.quantum_seconds + rules.switch_seconds, shares.overdue),
                    (far, frozenset[int]() if behind <= far else shares.owed),
                ):
                    if lane not in into:
                        forwards = min(forwards, 1 + max(0, math.floor((most - behind) / change)))
            elif change < 0 and lane in shares.owed:
                least = far if behind > far else 0.0
                forwards = min(forwards, max(1, math.ceil((least - behind) / change)))
        return min(forwards, self._until_a_share_is_used(counted)) if shares.owed else forwards

    def _until_a_share_is_used(self, counted: Mapping[int, float]) -> int:
        """Forwards after which the most urgent lane has had its share, or has something left of it again."""
        urgent = min(held.record.ask.lane for held in self.held)
        unused = self.shares.unused[urgent]
        change = self._forward * self._rules.shares[urgent] - counted.get(urgent, 0.0)
        if unused > 0 > change:
            return max(1, math.ceil(unused / -change))
        return 1 + math.floor(-unused / change) if unused <= 0 < change else 2**31

    # --- the accounts

    def _account(self, by_lane: dict[int, float], total: float) -> None:
        for lane in range(LANES):
            self._gap[lane] += self._rules.shares[lane] * total - by_lane.get(lane, 0.0)
            if lane in self._since:
                self._since[lane] = min(self._since[lane], self._gap[lane])
                self.short[lane] = max(self.short[lane], self._gap[lane] - self._since[lane])

    def _with_work(self, waiting: Collection[int], slots: list[tuple[int, Picture]]) -> frozenset[int]:
        """Lanes with a job that waits or is not in the forward: told by what is drawn, not by what was decided.

        Where all pictures that go first are of one lane, those of other sizes that it has in the slots do not count.
        """
        leaders = {picture.held.record.ask.lane for rank, picture in slots if rank == slots[0][0]}
        served = set(map(id, self._group))
        if len(leaders) == 1:
            served |= {id(picture) for _, picture in slots if picture.held.record.ask.lane in leaders}
        parked = {held.record.ask.lane for held in self.held for picture in held.pictures if id(picture) not in served}
        return frozenset(waiting) | parked

    def _close_accounts(self, with_work: frozenset[int]) -> None:
        self._since = {lane: self._since.get(lane, self._gap[lane]) for lane in with_work}


def _aboard(held: Held) -> Aboard:
    ask = held.record.ask
    return Aboard(
        lane=ask.lane,
        owner=ask.owner,
        fit=ask.fit,
        arrival=held.arrival,
        seconds=held.estimate,
        served=held.record.seconds,
        rows=len(held.pictures),
        alone=ask.alone,
    )
