"""When jobs will be done, told when they come and compared with what came."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.queue_driver import QueueDriver
from support.virtual_daemon import Order, VirtualDaemon

from daemon.fairness.work import Work

LEARNT = 50


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[QueueDriver]:
    made = QueueDriver(tmp_path)
    yield made
    made.close()


def mixed(seed: int, jobs: int, *, every: float) -> list[Order]:
    """People who ask now and then, a folder that drops ten at a time, a nightly batch; two models, three sizes."""
    chance, trace, at = random.Random(seed), list[Order](), 0.0
    while len(trace) < jobs:
        at += chance.expovariate(1 / every)
        lane = chance.choices([0, 1, 2, 3], [6, 2, 1, 1])[0]
        owner = f"{'pfsb'[lane]}:{chance.randrange(6 if lane == 0 else 2)}"
        model = chance.choices(["a", "b"], [4, 1])[0]
        side = chance.choice([512, 768, 1024])
        for _ in range(10 if lane == 1 and chance.random() < 0.2 else 1):
            work = Work(model, side, side, "text", chance.choice([8, 20, 30]), chance.choice([1, 1, 2, 4]))
            trace.append(Order(len(trace), at, lane, owner, work))
    return trace


def off_by(trace: list[Order]) -> list[float]:
    """Of those of whom something was told when they came, by what part of the real time it was wrong, in order."""
    later = trace[LEARNT:]
    told = [(each.said.ends_s, each.done_at - each.at) for each in later if each.said and each.said.ends_s is not None]
    assert len(told) >= 0.9 * len(later)
    return sorted(abs(said - real) / real for said, real in told)


@pytest.mark.slow
@pytest.mark.parametrize("every", [6.0, 12.0, 24.0], ids=["overloaded", "busy", "idle now and then"])
def test_on_a_mixed_trace_half_of_what_is_told_is_off_by_less_than_a_quarter(driver: QueueDriver, every: float) -> None:
    trace = mixed(7, 130, every=every)
    VirtualDaemon(driver).serve(trace)
    off = off_by(trace)
    print(f"a job every {every:g} s: median {statistics.median(off):.3f}, 9 of 10 below {off[len(off) * 9 // 10]:.3f}")
    assert statistics.median(off) < 0.25
