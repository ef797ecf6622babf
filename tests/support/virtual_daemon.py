"""Queue, policy, engine and memory together, on a clock that moves only while the engine draws or loads.

The engine is the fake one of the product, the decisions are those of :mod:`daemon.fairness`, and what is learnt goes
through the tables: what a real daemon does in seconds happens here in none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from support.draws import PLACE
from support.draws import draw as order
from support.queue_driver import QueueDriver

from daemon.fairness import board as boards
from daemon.fairness.course import forecast
from daemon.fairness.estimates import Speeds, Spent
from daemon.fairness.forecast import LATELY, Board, Comes, Draws, Expected, Line, Waits, to_come
from daemon.fairness.order import in_turn
from daemon.fairness.policy import next_pick
from daemon.fairness.shares import Shares
from daemon.fairness.turns import TurnQueue
from daemon.fairness.values import Aboard, Candidate, EngineState, Fit, Rules
from daemon.fairness.work import Work
from pipeline.engine.fake import ROWS, FakeEngine
from pipeline.messages import Drawn, Finished, Loaded, ModelPlace, Progress, Rank, ToDaemon
from storage import speeds as stored


@dataclass(eq=False)
class Order:
    """A job of the trace, and what became of it."""

    number: int
    at: float
    lane: int
    owner: str
    work: Work
    said: Expected | None = None
    """What was expected when it came."""
    done_at: float = math.inf
    arrival: int = 0
    rank: int = 0
    expected: float = 0.0
    served: float = 0.0
    steps_done: int = 0
    pictures_done: int = 0

    @property
    def name(self) -> str:
        return str(self.number)

    @property
    def fit(self) -> Fit:
        return Fit(self.work.model, self.work.width, self.work.height)


@dataclass
class VirtualDaemon:
    """``serve`` a trace."""

    driver: QueueDriver
    step_seconds: float = 0.05
    megapixel_seconds: float = 0.2
    load_seconds: float = 3.0
    rules: Rules = field(default_factory=Rules)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.speeds, self.shares, self.queue = Speeds(), Shares(), TurnQueue()
        self._heard: list[ToDaemon] = []
        self._came: list[tuple[float, Order]] = []
        self._held: dict[str, Order] = {}
        self._waiting: dict[int, Order] = {}
        self._model: str | None = None
        self._arrivals = 0
        self._engine = FakeEngine(
            self._heard.append,
            step_seconds=self.step_seconds,
            megapixel_seconds=self.megapixel_seconds,
            load_seconds=self.load_seconds,
            sleep=self._sleep,
            clock=lambda: self.now,
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def serve(self, trace: Sequence[Order]) -> None:
        """All of it, to the end."""
        coming = sorted(trace, key=lambda each: each.at)
        while coming or self._held or self._waiting:
            if not self._held and not self._waiting:
                self.now = max(self.now, coming[0].at)
            new = [each for each in coming if each.at <= self.now]
            coming = coming[len(new) :]
            self._come(new)
            self._claim()
            self._rank()
            self._engine.step()
            self._hear()

    def _come(self, new: Sequence[Order]) -> None:
        for each in new:
            self._waiting[each.number] = each
            self.queue.enqueue(each.lane, Candidate(each.number, each.owner, each.fit))
            self._came.append((self.now, each))
        expected = self.expected() if new else {}
        for each in new:
            each.said, each.at = expected[each.name], self.now

    def expected(self) -> dict[str, Expected]:
        """As the service would tell it now."""
        waiting = [
            Waits(id=each.name, seq=each.number, lane=each.lane, owner=each.owner, work=each.work)
            for each in self._waiting.values()
        ]
        aboard = [
            Draws(
                id=each.name,
                lane=each.lane,
                owner=each.owner,
                work=each.work,
                steps_done=each.steps_done,
                pictures_done=each.pictures_done,
                served=each.served,
            )
            for each in self._held.values()
        ]
        board = Board(capacity=ROWS, model=self._model, aboard=aboard, shares=self.shares, rules=self.rules)
        times = {(each.lane, each.owner): self.queue.time_of(each.lane, each.owner) for each in self._waiting.values()}
        return dict(forecast(board, Line(waiting=waiting, times=times, coming=self._coming()), self.speeds).jobs)

    def _coming(self) -> list[Comes]:
        """What came of late, taken to come again."""
        return to_come(
            [
                Comes(seconds=self.now - at, lane=each.lane, owner=each.owner, work=each.work)
                for at, each in self._came[-LATELY:]
            ]
        )

    def _state(self) -> EngineState:
        aboard = [
            Aboard(
                lane=each.lane,
                owner=each.owner,
                fit=each.fit,
                arrival=each.arrival,
                seconds=each.expected,
                served=each.served,
                rows=each.work.count - each.pictures_done,
            )
            for each in self._held.values()
        ]
        return EngineState(
            capacity=ROWS, model=self._model, aboard=aboard, forward_seconds=self._forward if self._held else None
        )

    def _forward(self, fit: Fit, rows: int) -> float:
        work = next(each.work for each in self._held.values() if each.fit == fit)
        return self.speeds.forward(work).of(rows) if self.speeds.seen(work) else 1.0

    def _claim(self) -> None:
        while (pick := next_pick(self.queue, self._state(), self.shares, self.rules)) is not None:
            each = self._waiting.pop(pick.candidate.seq)
            each.expected = self.speeds.engine_seconds(each.work)
            self.queue.claim(pick.lane, pick.candidate, each.expected)
            self._arrivals += 1
            each.arrival, each.rank = self._arrivals, -1
            self._held[each.name] = each
            work, model = each.work, ModelPlace(name=each.work.model, path="/", family="sd", sha256=PLACE.sha256)
            size = {"width": work.width, "height": work.height, "steps": work.steps, "count": work.count}
            self._engine.accept(order(each.name, model=model, urgency=9, deadline_seconds=1e9, **size))

    def _rank(self) -> None:
        wanting = boards.wanting(self.queue.lanes(), self._state(), self.shares, self.rules)
        self.shares = self.shares.seen(wanting).settled(self.rules)
        ranks = boards.ranks(self._state(), self.shares, self.rules)
        for each, rank in zip(self._held.values(), ranks, strict=True):
            if rank != each.rank:
                each.rank = rank
                self._engine.accept(Rank(job=each.name, attempt=1, urgency=rank))

    def _hear(self) -> None:
        before, had = self._state(), dict[int, float]()
        for message in self._heard:
            if isinstance(message, Loaded):
                self._model = message.model
                self.driver.write(stored.learn_load, message.model, message.seconds, now=self.driver.now)
                self.speeds = self.speeds.and_load(message.model, message.seconds)
            elif isinstance(message, Progress | Finished):
                each = self._held[message.job]
                had[each.arrival] = had.get(each.arrival, 0.0) + message.engine_seconds - each.served
                each.served = message.engine_seconds
                if isinstance(message, Finished):
                    self._finished(each, message)
                else:
                    each.steps_done = message.step
            elif isinstance(message, Drawn):
                self._held[message.job].pictures_done += 1
        self._heard.clear()
        self.shares = self.shares.served(sum(had.values()), in_turn(before, had), self.rules)

    def _finished(self, each: Order, message: Finished) -> None:
        del self._held[each.name]
        each.done_at = self.now
        self.queue.correct(each.lane, each.owner, message.engine_seconds - each.expected)
        spent = Spent(
            engine_seconds=message.engine_seconds,
            drawing_seconds=message.drawing_seconds,
            forward_seconds=message.forward_seconds,
            forwards=message.forwards,
            forwards_share=message.forwards_share,
        )
        if (lesson := self.speeds.lesson(each.work, spent)) is not None:
            self.speeds = self.speeds.and_now(self.driver.write(stored.learn, lesson, now=self.driver.now))
