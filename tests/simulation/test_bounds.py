"""What is promised of the policy holds in random traffic, and does not hold of others."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from simulation.traces import Speed, Trace, traces, worst_floor, worst_oldest

from daemon.fairness import bounds
from daemon.fairness.alternatives import FIRST_COME, STRICT
from daemon.fairness.order import plain_ranks
from daemon.fairness.policy import next_pick
from daemon.fairness.simulator import simulate
from daemon.fairness.traffic import Ask, Machine, Policy
from daemon.fairness.values import Fit, Rules

FIT = Fit("model", 512, 512)
NO_LIFT = Policy(next_pick, lambda engine, shares, rules: plain_ranks(engine.aboard))
random_traces = settings(
    max_examples=1000,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),  # making a trace smaller that fails takes minutes
)


@pytest.mark.slow
@pytest.mark.timeout(900)
@random_traces
@given(traces())
def test_in_a_thousand_random_traces_nobody_waits_longer_and_no_lane_gets_less_than_stated(trace: Trace) -> None:
    outcome = simulate(trace.asks, trace.machines)

    assert all(record.ended < math.inf for record in outcome.records)
    assert worst_floor(trace, outcome) <= 1
    assert worst_oldest(trace, outcome) <= 1


def _floods() -> Trace:
    """Every lane is asked for more than it gets, by one owner, in the folder lane by a second one with a single job."""
    asks = [Ask(at=0.0, lane=lane, owner=f"flood-{lane}", fit=FIT, steps=20) for lane in range(4) for _ in range(100)]
    asks.append(Ask(at=50.0, lane=1, owner="one job", fit=FIT, steps=20))
    return Trace(tuple(asks), (Machine(capacity=1, forward_seconds=Speed(0.1, 0.0)),))


def test_under_floods_in_every_lane_the_policy_keeps_what_is_stated() -> None:
    trace = _floods()
    outcome = simulate(trace.asks, trace.machines)

    assert worst_floor(trace, outcome) <= 1
    assert worst_oldest(trace, outcome) <= 1


@pytest.mark.parametrize("lane", [1, 2, 3])
@pytest.mark.parametrize("speed", [Speed(0.0, 0.1), Speed(0.05, 0.02), Speed(0.1, 0.0)], ids=["rows", "both", "flat"])
def test_a_stream_that_rides_with_a_long_job_does_not_pass_one_of_another_size(lane: int, speed: Speed) -> None:
    """It fits the forwards of the lane's first job; the misfit came before it and must wait for that job alone."""
    misfit = Ask(at=0.1, lane=lane, owner="misfit", fit=Fit("model", 640, 640), steps=20)
    people = [Ask(at=0.0, lane=0, owner=f"person-{each}", fit=Fit("model", 768, 768), steps=10**5) for each in range(2)]
    stream = [Ask(at=0.2, lane=lane, owner="stream", fit=FIT, steps=20) for _ in range(300)]
    long = Ask(at=0.0, lane=lane, owner="long", fit=FIT, steps=200)
    machines = (Machine(capacity=8, forward_seconds=speed),)

    def started(*asks: Ask) -> float:
        trace = Trace((long, misfit, *people, *asks), machines)
        outcome = simulate(trace.asks, machines, until=5000)
        assert worst_floor(trace, outcome) <= 1
        assert worst_oldest(trace, outcome) <= 1
        return next(record.started for record in outcome.records if record.ask == misfit)

    assert started(*stream) < 1.5 * started()


@pytest.mark.parametrize("policy", [FIRST_COME, STRICT, NO_LIFT], ids=["first come", "strict lanes", "no lift"])
def test_other_policies_break_what_is_stated(policy: Policy) -> None:
    trace = _floods()
    outcome = simulate(trace.asks, trace.machines, policy=policy)

    assert worst_floor(trace, outcome) > 1
    assert worst_oldest(trace, outcome) > 1


def test_without_a_bound_on_affinity_a_stream_of_one_model_passes_the_other_for_ever() -> None:
    other = Fit("other", 512, 512)
    stream = [Ask(at=float(at), lane=0, owner=f"owner-{at}", fit=FIT, steps=15) for at in range(400)]
    asks = (*stream, Ask(at=5.5, lane=0, owner="misfit", fit=other, steps=15))
    machines = (Machine(capacity=1, forward_seconds=Speed(0.1, 0.0)),)

    def wait(rules: Rules) -> float:
        records = simulate(asks, machines, rules).records
        return next(record.started for record in records if record.ask.owner == "misfit") - 5.5

    assert wait(Rules()) < 100
    assert wait(replace(Rules(), affinity_seconds=math.inf, look_ahead=10**9)) > 300


@pytest.mark.parametrize("lane", range(4))
def test_over_the_stated_window_a_lane_under_floods_has_its_part_of_its_share(lane: int) -> None:
    trace = _floods()
    load = bounds.Load(capacity=1, longest_forward=0.1)
    window = bounds.window_seconds(lane, load, Rules(), part=0.8)
    outcome = simulate(trace.asks, trace.machines, until=window, stretch_seconds=window)
    had = outcome.served[0]

    assert had[lane] >= 0.8 * Rules().shares[lane] * min(window, sum(had)) - 1e-6
