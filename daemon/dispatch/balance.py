"""What each lane and owner gets of the engine: the state behind the decisions of :mod:`daemon.fairness`.

What the engine owes the lanes is kept in memory, so that they begin even after a restart; what the owners had is in
the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from config.settings import Settings
from daemon.dispatch.choosing import Choosing, fit_of
from daemon.dispatch.held import HeldJob
from daemon.fairness import board, order
from daemon.fairness.estimates import Forward
from daemon.fairness.shares import Shares
from daemon.fairness.traffic import Policy
from daemon.fairness.values import Aboard, EngineState, Fit, Rules
from daemon.fairness.weights import weight_of
from pipeline.request import Request
from storage import queue
from storage.queue.job import LANES, Job

Estimate = Callable[[Request], float]
"""Engine-seconds that a request is expected to take."""
StepTime = Callable[[Request], Forward | None]
"""What one step of a request takes, by itself and together with others of its size; None: nobody knows yet."""


class Balance:
    """Told what waits, what is on board and what was drawn; says what is claimed next and in which order it is drawn.

    Belongs to the event loop's thread; a :class:`Choosing` may be used in another.
    """

    def __init__(self, settings: Settings, policy: Policy, estimate: Estimate, forward: StepTime) -> None:
        self._policy = policy
        self._estimate = estimate
        self._forward = forward
        self._shares = Shares()
        self._waiting: frozenset[int] = frozenset()
        self._arrivals = 0
        self._seen = EngineState(capacity=1)
        """The engine as it was when it was looked at last."""
        self._had: defaultdict[int, float] = defaultdict(float)
        """Engine-seconds since then, by the arrival of the job."""
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Other rules from now on."""
        self._rules = rules_of(settings)
        self.weights = settings.fairness.weights

    @property
    def shares(self) -> Shares:
        """What the lanes had."""
        return self._shares

    @property
    def rules(self) -> Rules:
        """What the operator decided."""
        return self._rules

    def choosing(self, capacity: int, model: str | None, held: Sequence[HeldJob]) -> Callable[[], Choosing]:
        """For one claim. Each try of its transaction begins anew."""
        engine, shares, rules, weights = self._state(capacity, model, held), self._shares, self._rules, self.weights

        def charge(job: Job) -> queue.Charge:
            seconds = self._estimate(job.request)
            return queue.Charge(seconds, weight_of(job.owner, job.groups, weights))

        return lambda: Choosing(self._policy, engine, shares, rules, charge=charge)

    def waiting(self, lanes: Collection[int]) -> None:
        """In these lanes something may be claimed."""
        self._waiting = frozenset(lanes)

    def come(self, held: HeldJob) -> None:
        """A job comes on board."""
        self._arrivals += 1
        held.arrival = self._arrivals
        held.expected = self._estimate(held.job.request)

    def served(self, held: HeldJob, engine_seconds: float) -> None:
        """So much was drawn of a job since it came on board."""
        more = engine_seconds - held.engine_seconds
        if more > 0:
            held.engine_seconds = engine_seconds
            self._had[held.arrival] += more

    def ranks(self, capacity: int, model: str | None, held: Sequence[HeldJob]) -> Sequence[int]:
        """Of each of these jobs as things stand now: the smallest is drawn first."""
        shares, rules = self._shares, self._rules
        if self._had:
            shares = shares.served(sum(self._had.values()), order.in_turn(self._seen, self._had), rules)
            self._had.clear()
        engine = self._seen = self._state(capacity, model, held)
        wanting = board.wanting(self._waiting, engine, shares, rules) if held else frozenset[int]()
        self._shares = shares.seen(wanting).settled(rules)
        return self._policy.ranks(engine, self._shares, rules)

    def _state(self, capacity: int, model: str | None, held: Sequence[HeldJob]) -> EngineState:
        return EngineState(
            capacity=max(capacity, 1),
            model=model,
            aboard=[_aboard(job) for job in held],
            forward_seconds=self._forward_seconds(held),
        )

    def _forward_seconds(self, held: Sequence[HeldJob]) -> Callable[[Fit, int], float]:
        one_of = {fit_of(job.request): job.request for job in (each.job for each in held)}
        known: dict[Fit, Forward | None] = {}

        def seconds(fit: Fit, rows: int) -> float:
            if fit not in known:
                known[fit] = self._forward(one_of[fit])
            forward = known[fit]
            return 1.0 if forward is None else forward.of(rows)  # not known: further rows are taken to cost nothing

        return seconds

    @property
    def overdue(self) -> Collection[int]:
        """Lanes of which jobs are claimed before all others."""
        return self._shares.overdue


def rules_of(settings: Settings) -> Rules:
    """What the operator decided."""
    fairness = settings.fairness
    shares = fairness.lanes.shares
    return Rules(
        shares=tuple(shares[name] for name in LANES),
        max_running=settings.queue.max_running_per_owner,
        affinity_seconds=fairness.affinity_seconds,
        quantum_seconds=fairness.quantum_seconds,
        switch_seconds=fairness.switch_seconds,
    )


def _aboard(held: HeldJob) -> Aboard:
    return Aboard(
        lane=held.urgency,
        owner=held.job.owner,
        fit=fit_of(held.job.request),
        arrival=held.arrival,
        seconds=held.expected,
        served=held.engine_seconds,
        rows=max(1, held.job.request.count - len(held.pictures)),
        alone=held.alone,
    )
