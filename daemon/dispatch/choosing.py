"""The policy, asked inside the transaction of one claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from daemon.fairness.board import Room
from daemon.fairness.policy import LOOK_AT_OWNERS
from daemon.fairness.shares import Shares
from daemon.fairness.traffic import Policy
from daemon.fairness.values import Aboard, Candidate, EngineState, Fit, Rules, Turn
from pipeline.request import Request
from storage import queue
from storage.queue.job import LANES, Job


class Choosing:
    """From what waits, and an engine as it was when the claim began, to the jobs that it is given now."""

    def __init__(
        self,
        policy: Policy,
        engine: EngineState,
        shares: Shares,
        rules: Rules,
        *,
        charge: Callable[[Job], queue.Charge],
    ) -> None:
        self._policy = policy
        self._engine = engine
        self._shares = shares
        self._rules = rules
        self._charge = charge
        self._aboard = list(engine.aboard)

    def choose(self, waiting: queue.Waiting) -> int | None:
        """See :data:`storage.queue.Choose`."""
        pick = self._policy.pick(_Look(waiting), self._state(), self._shares, self._rules)
        return None if pick is None else pick.candidate.seq

    def charge(self, job: Job) -> queue.Charge:
        """What the owner of a chosen job is charged. The job is on board from now on."""
        charge = self._charge(job)
        arrival = max((other.arrival for other in self._aboard), default=0) + 1
        self._aboard.append(
            Aboard(
                lane=LANES.index(job.lane),
                owner=job.owner,
                fit=fit_of(job.request),
                arrival=arrival,
                seconds=charge.seconds,
                rows=job.request.count,
                alone=job.alone,
            )
        )
        return charge

    def wanting(self, waiting: queue.Waiting) -> list[int]:
        """The lanes in which more may be claimed, by an owner whom his own limit does not keep back."""
        lanes = waiting.lanes()
        if not self._rules.max_running:
            return lanes
        room = Room(self._state(), self._rules)
        return [
            lane
            for lane in lanes
            if not all(room.at_limit(place.owner) for place in islice(waiting.turns(lane), LOOK_AT_OWNERS))
        ]

    def _state(self) -> EngineState:
        return EngineState(capacity=self._engine.capacity, model=self._engine.model, aboard=self._aboard)


class _Look:
    """What waits in the words of :mod:`daemon.fairness`."""

    def __init__(self, waiting: queue.Waiting) -> None:
        self._waiting = waiting

    def lanes(self) -> list[int]:
        return self._waiting.lanes()

    def turns(self, lane: int) -> Iterator[Turn]:
        return (Turn(place.owner, place.time) for place in self._waiting.turns(lane))

    def jobs(self, lane: int, owner: str) -> Iterator[Candidate]:
        for job in self._waiting.jobs(lane, owner):
            yield Candidate(job.seq, owner, Fit(job.model, job.width, job.height), job.alone)


def fit_of(request: Request) -> Fit:
    """With what a job shares a model and a forward."""
    return Fit(request.model or "", request.width or 0, request.height or 0)
