"""What people and lanes get under floods, by who decides."""

from __future__ import annotations

import pytest
from simulation.floods import FIT, floods, people
from simulation.traces import Speed

from daemon.fairness import bounds
from daemon.fairness.alternatives import FAIR, FIRST_COME, STRICT
from daemon.fairness.simulator import simulate
from daemon.fairness.traffic import Machine, Outcome, Policy
from daemon.fairness.values import Rules

MACHINES = {
    "merges for nothing": (Machine(capacity=8, forward_seconds=Speed(0.1, 0.0)),),
    "gains nothing by merging": (Machine(capacity=1, forward_seconds=Speed(0.0, 0.1)),),
}


def p95(outcome: Outcome) -> float:
    """Of what people wait for their pictures."""
    waits = sorted(record.wait for record in outcome.records if record.ask.lane == 0)
    return waits[int(0.95 * len(waits))]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "machines",
    [
        pytest.param(machines, id=name, marks=[pytest.mark.soak] if name == "merges for nothing" else [])
        for name, machines in MACHINES.items()
    ],
)
def test_people_wait_little_longer_than_alone_and_the_floods_keep_their_floors(machines: tuple[Machine, ...]) -> None:
    alone = p95(simulate(people(), machines))
    asks = floods() + people()

    def under(policy: Policy) -> Outcome:
        return simulate(asks, machines, policy=policy)

    fair, first_come, strict = under(FAIR), under(FIRST_COME), under(STRICT)
    machine = machines[0]
    load = bounds.Load(
        capacity=machine.capacity, longest_forward=machine.forward_seconds(FIT, machine.capacity), lanes=3
    )

    print(
        f"p95: alone {alone:.2f} s, fair {p95(fair):.2f} s,"
        f" first come {p95(first_come):.0f} s, strict {p95(strict):.2f} s"
    )
    print("behind its share at most:", {lane: round(seconds, 2) for lane, seconds in fair.short.items()}, "s")
    assert p95(fair) <= 2.5 * alone
    assert p95(first_come) > 100 * alone
    assert all(seconds <= bounds.shortfall(lane, load, Rules()) for lane, seconds in fair.short.items())
    assert max(strict.short.values()) > 10 * max(fair.short.values())
