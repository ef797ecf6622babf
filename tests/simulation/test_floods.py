"""What people and lanes get under floods, by who decides."""

from __future__ import annotations

import random

import pytest
from simulation.floods import FIT, floods, people
from simulation.traces import Speed

from daemon.fairness import bounds
from daemon.fairness.alternatives import FAIR, FIRST_COME, STRICT
from daemon.fairness.simulator import simulate
from daemon.fairness.traffic import Ask, Machine, Outcome, Policy
from daemon.fairness.values import Fit, Rules

MACHINES = {
    "merges for nothing": (Speed(0.1, 0.0), 8),
    "gains nothing by merging": (Speed(0.0, 0.1), 1),
    "each further row costs a third": (Speed(0.04, 0.02), 8),
    "each further row costs three quarters": (Speed(0.02, 0.06), 8),
    "each further row costs all": (Speed(0.0, 0.1), 8),
}
"""How long a forward takes, and how many it draws together."""
MOST = 2.5
"""A person may wait so many times as long as alone."""
QUICKEST = "gains nothing by merging"


def p95(outcome: Outcome) -> float:
    """Of what people wait for their pictures."""
    waits = sorted(record.wait for record in outcome.records if record.ask.lane == 0)
    return waits[int(0.95 * len(waits))]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("speed", "capacity"),
    [
        pytest.param(*machine, id=name, marks=[] if name == QUICKEST else [pytest.mark.soak])
        for name, machine in MACHINES.items()
    ],
)
def test_people_wait_little_longer_than_alone_and_the_floods_keep_their_floors(speed: Speed, capacity: int) -> None:
    machines = (Machine(capacity=capacity, forward_seconds=speed),)
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
    assert p95(fair) <= MOST * alone
    assert p95(first_come) > 100 * alone
    assert all(seconds <= bounds.shortfall(lane, load, Rules()) for lane, seconds in fair.short.items())
    assert max(strict.short.values()) > 10 * max(fair.short.values())


def test_who_asks_for_less_than_his_share_does_not_wait_for_what_one_flood_took_from_another() -> None:
    """The folder takes what the schedule is sure of. It has it back, and not from people whose pictures are quick."""
    chance = random.Random(7)
    sizes = [Fit("model", *sides) for sides in ((512, 512), (256, 1024), (1024, 256))]
    machines = (Machine(capacity=8, forward_seconds=Speed(0.01, 0.0)),)

    def asked(lane: int, owner: str, at: float) -> Ask:
        return Ask(at=at, lane=lane, owner=owner, fit=sizes[lane], steps=20)

    few = [asked(0, f"person {n % 20}", chance.uniform(1, 101)) for n in range(200)]
    flood = [asked(1, "folder", 0.0) for _ in range(4_000)] + [asked(2, "schedule", 0.0) for _ in range(1_000)]
    alone, fair = p95(simulate(few, machines)), simulate(few + flood, machines)
    print(f"p95: alone {alone:.2f} s, fair {p95(fair):.2f} s")
    assert p95(fair) <= MOST * alone
