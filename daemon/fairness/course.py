"""Carries the decisions of this package on in virtual time, from how things stand until all is drawn."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from daemon.fairness.alternatives import FAIR
from daemon.fairness.engine_model import Picture, SimulatedEngine
from daemon.fairness.estimates import FEW, Speeds
from daemon.fairness.forecast import Board, Comes, Draws, Expected, Forecast, Line, Pace, Waits
from daemon.fairness.traffic import Ask, Machine, Policy, Record
from daemon.fairness.turns import TurnQueue
from daemon.fairness.values import Candidate, Fit
from daemon.fairness.weights import weight_of
from daemon.fairness.work import Work

LEAST_SECONDS = 1e-6
"""No forward takes less."""
MANY, EXACT, COARSE = 50, 1_000, 3
"""With more waiting jobs turns of several forwards are counted as one, up to a third of what is left of a picture."""


def forecast(board: Board, line: Line, speeds: Speeds, policy: Policy = FAIR) -> Forecast:
    """What is to be expected of every job on board and in line."""
    course = _Course(board, line, speeds, policy)
    course.run()
    return course.outcome()


class _Engine(SimulatedEngine):
    """One that is met in the middle of its work, and that takes for each model the time that this takes."""

    def __init__(
        self, machine: Machine, board: Board, speeds: Speeds, policy: Policy, books: _Course, waiting: int
    ) -> None:
        super().__init__(0, machine, board.rules, policy, books)
        self.shares = board.shares
        self._speeds = speeds
        self._grain = EXACT if waiting <= MANY else COARSE

    def go_on_with(self, record: Record, job: Draws, estimate: float) -> None:
        """A job that was on board before."""
        self.take(record, estimate)
        held, left = self.held[-1], max(1, job.work.count - job.pictures_done)
        steps = max(1, math.ceil((record.ask.steps * job.work.count - job.steps_done) / left))
        held.pictures = [Picture(held, steps, begun=job.steps_done > 0) for _ in range(left)]
        record.seconds = job.served
        if job.steps_done:
            record.started = 0.0

    def _forwards_until_news(self, slots: list[tuple[int, Picture]]) -> int:
        """Those who take turns take them forward by forward; where many wait, a few forwards at a time are as good."""
        return max(super()._forwards_until_news(slots), min(picture.left for picture in self._group) // self._grain)

    def _load(self, model: str, now: float) -> None:
        super()._load(model, now)
        self._ready_at = now + self._speeds.load_seconds(model)


class _Course:
    """One forecast; it keeps the books of its engine."""

    def __init__(self, board: Board, line: Line, speeds: Speeds, policy: Policy) -> None:
        self._board, self._line, self._speeds, self._policy = board, line, speeds, policy
        self._seconds: dict[tuple[Fit, int], float] = {}
        self._costs: dict[Work, tuple[int, float]] = {}
        machine = Machine(capacity=max(1, board.capacity), forward_seconds=self._forward, model=board.model)
        self._engine = _Engine(machine, board, speeds, policy, self, len(line.waiting))
        self._queue = TurnQueue()
        self._jobs: dict[int, Draws | Waits] = {}
        self._works: dict[int, Work] = {}
        """Also of those that are only taken to come."""
        self._records: dict[int, Record] = {}
        self._coming: list[Comes] = []
        """The next one last."""
        self._drawn: list[int] = []
        """In the order of their first forwards."""
        self.now = board.ready_in
        for place, job in enumerate(board.aboard):
            seq = place - len(board.aboard)  # before all that wait
            self._engine.go_on_with(self._record(seq, job), job, self._cost(job.work)[1])
        self._queue_up()
        self._next = max(self._jobs, default=0) + 1
        self._left = len(self._jobs)
        self._expect(line.coming)

    def _expect(self, coming: Sequence[Comes]) -> None:
        """Of those that are taken to come, the ones that come while there is still work of now.

        Where more comes than can be drawn the others would come before it is done, too, and again others before they
        are; but a rush ends some time, and this is how long it is believed in.
        """
        had = sum(job.served for job in self._board.aboard)
        work = sum(self._cost(job.work)[1] for job in self._jobs.values()) - had
        horizon = self._board.ready_in + work
        self._coming = sorted((job for job in coming if job.seconds <= horizon), key=lambda job: -job.seconds)

    def _queue_up(self) -> None:
        for job in sorted(self._line.waiting, key=lambda job: job.seq):
            ask = self._record(job.seq, job).ask
            self._queue.enqueue(job.lane, Candidate(job.seq, job.owner, ask.fit, job.alone), job.priority)
        for lane, owner in {(job.lane, job.owner): None for job in self._line.waiting}:
            self._queue.correct(lane, owner, self._line.times.get((lane, owner), 0.0))

    def _record(self, seq: int, job: Draws | Waits) -> Record:
        self._jobs[seq] = job
        return self._recorded(seq, job)

    def _recorded(self, seq: int, job: Draws | Waits | Comes) -> Record:
        work = job.work
        ask = Ask(
            at=0.0,
            lane=job.lane,
            owner=job.owner,
            fit=Fit(work.model, work.width, work.height),
            steps=self._cost(work)[0],
            pictures=work.count,
            weight=weight_of(job.owner, (), self._board.weights),
            alone=not isinstance(job, Comes) and job.alone,
        )
        self._works[seq] = work
        record = self._records[seq] = Record(ask=ask, seq=seq)
        return record

    def run(self) -> None:
        """Until all that is on board and in line is drawn."""
        self._claim()
        due = self._engine.plan(self.now, self._queue.lanes())
        while self._left:
            coming = self._coming[-1].seconds if self._coming else math.inf
            if due is None and coming == math.inf:
                return
            if due is None or coming < due:
                self._comes(self._coming.pop())
                shortened = self._engine.plan(self.now, self._queue.lanes())
                due = due if shortened is None else shortened
                continue
            self.now = max(due, self.now)
            ended = self._engine.end_run()
            for record in ended:
                self._end(record)
            if ended or self._engine.urgent_claims:
                self._claim()
            due = self._engine.plan(self.now, self._queue.lanes())

    def _comes(self, job: Comes) -> None:
        """Somebody asks for another one."""
        self.now = max(self.now, job.seconds)
        before = self._queue.lanes()
        record = self._recorded(self._next, job)
        self._next += 1
        self._queue.enqueue(job.lane, Candidate(record.seq, job.owner, record.ask.fit))
        self._claim()
        if self._queue.lanes() != before:
            self._engine.cut_short()

    def _claim(self) -> None:
        engine = self._engine
        while (pick := self._policy.pick(self._queue, engine.state(), engine.shares, self._board.rules)) is not None:
            record = self._records[pick.candidate.seq]
            cost = self._cost(self._works[record.seq])[1]
            self._queue.claim(pick.lane, pick.candidate, cost / record.ask.weight)
            engine.take(record, cost)

    def _end(self, record: Record) -> None:
        record.ended = self.now + self._board.recording_seconds
        self._left -= record.seq in self._jobs
        if record.seq >= 0:
            ask = record.ask
            more = record.seconds - self._cost(self._works[record.seq])[1]
            self._queue.correct(ask.lane, ask.owner, more / ask.weight)

    # --- the books of the engine

    def count(self, record: Record, seconds: float) -> None:
        """A job had so many engine-seconds."""
        record.seconds += seconds

    def begins(self, record: Record) -> None:
        """The first forward of a job begins."""
        record.started = self.now
        self._drawn.append(record.seq)

    # --- what things cost

    def _forward(self, fit: Fit, pictures: int) -> float:
        key = (fit, pictures)
        if key not in self._seconds:
            work = Work(fit.model, fit.width, fit.height, "text", 1)
            self._seconds[key] = max(LEAST_SECONDS, self._speeds.forward(work).of(pictures))
        return self._seconds[key]

    def _cost(self, work: Work) -> tuple[int, float]:
        """Forwards of each picture, among them as many as its words and its decoding take; and engine-seconds."""
        if work not in self._costs:
            one = self._forward(Fit(work.model, work.width, work.height), 1)
            steps = work.steps + round(self._speeds.beside_steps(work) / one)
            self._costs[work] = max(1, steps), self._speeds.engine_seconds(work)
        return self._costs[work]

    # --- what came of it

    def outcome(self) -> Forecast:
        """All that is expected."""
        waiting = [seq for seq in self._drawn if seq >= 0 and seq in self._jobs]
        positions = {seq: place for place, seq in enumerate(waiting, 1)}
        surely = self._surely()
        jobs: dict[str, Expected] = {}
        lines: defaultdict[tuple[int, str], list[Expected]] = defaultdict(list)
        for seq, job in self._jobs.items():
            record, known = self._records[seq], seq in surely
            found = Expected(positions.get(seq), record.started if known else None, record.ended if known else None)
            jobs[job.id] = found
            if seq >= 0:
                lines[job.lane, job.owner].append(found)
        jobs |= {name: Expected(None, 0.0, 0.0) for name in self._board.ending}
        paces = {place: _pace(line) for place, line in lines.items()}
        return Forecast(jobs, paces, self._lanes(jobs, paces))

    def _surely(self) -> set[int]:
        """The jobs of which something is known, and of all that begin before them as well."""
        if not self._board.capacity:
            return set()
        found: set[int] = set()
        first_unknown = math.inf
        for seq in sorted(self._jobs, key=lambda seq: self._records[seq].started):
            if self._speeds.seen(self._jobs[seq].work) < FEW:
                first_unknown = min(first_unknown, self._records[seq].started)
            elif self._records[seq].started <= first_unknown:
                found.add(seq)
        return found

    def _lanes(self, jobs: dict[str, Expected], paces: dict[tuple[int, str], Pace]) -> dict[int, float | None]:
        lasts: defaultdict[int, list[float | None]] = defaultdict(list)
        for job in self._jobs.values():
            lasts[job.lane].append(jobs[job.id].ends_s)
        for (lane, owner), more in self._line.beyond.items():
            pace = paces.get((lane, owner))
            lasts[lane].append(pace.at(pace.jobs + more).ends_s if pace else None)
        return {
            lane: None if None in ends else max(end for end in ends if end is not None) for lane, ends in lasts.items()
        }


def _pace(line: list[Expected]) -> Pace:
    ends = [each.ends_s for each in line]
    last = None if None in ends else max(end for end in ends if end is not None)
    return Pace(len(line), max(each.position or 0 for each in line), last)
