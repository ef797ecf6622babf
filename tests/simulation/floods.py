"""A folder of 10,000 jobs, a schedule of 500, and twenty people who ask now and then."""

from __future__ import annotations

from random import Random

from daemon.fairness.traffic import Ask
from daemon.fairness.values import Fit

FIT = Fit("model", 512, 512)
HOURS = 2


def people() -> list[Ask]:
    """Each asks about every two minutes."""
    random, asks = Random(1), []
    for person in range(20):
        at = random.expovariate(1 / 120)
        while at < HOURS * 3600:
            asks.append(Ask(at=at, lane=0, owner=f"person-{person}", fit=FIT, steps=20))
            at += random.expovariate(1 / 120)
    return asks


def floods() -> list[Ask]:
    """All of the folder at once, the schedule after ten minutes."""
    folder = [Ask(at=0.0, lane=1, owner="folder", fit=FIT, steps=20)] * 10_000
    return folder + [Ask(at=600.0, lane=2, owner="schedule", fit=FIT, steps=20)] * 500
