"""What people wait through a day, by the number of engines."""

from __future__ import annotations

import math
from random import Random

from simulation.plots.chart import Axis, Chart, Line
from simulation.plots.figures import BLUE, GREY, ORANGE, in_words, quantile, ticks, waits_of
from simulation.traces import Speed

from daemon.fairness.simulator import simulate
from daemon.fairness.traffic import Ask, Machine
from daemon.fairness.values import Fit

COUNTS = (1, 2, 4, 8)
PEOPLE, ASKS, BATCH, STEPS = 2000, 8, 2000, 25
MACHINE = Machine(capacity=4, forward_seconds=Speed(0.1, 0.1), load_seconds=10.0)
USUAL, OTHER = Fit("usual", 512, 512), Fit("other", 512, 512)
DAY, HOUR = 24 * 3600.0, 3600.0


def traffic() -> list[Ask]:
    """Everybody asks a few times, at noon most often; one job in five is for another model. At one o'clock at night a
    schedule brings its batch.
    """
    random, asks = Random(1), []
    for person in range(PEOPLE):
        for _ in range(ASKS):
            fit = OTHER if random.random() < 0.2 else USUAL
            asks.append(Ask(at=_moment(random), lane=0, owner=f"person-{person}", fit=fit, steps=STEPS))
    return asks + [Ask(at=HOUR, lane=2, owner="schedule", fit=OTHER, steps=STEPS)] * BATCH


def _moment(random: Random) -> float:
    while True:
        at = random.uniform(0, DAY)
        if random.random() < 0.5 - 0.5 * math.cos(2 * math.pi * at / DAY):
            return at


def chart() -> Chart:
    """Median and p95 of people's waits."""
    asks = traffic()
    medians, tails, loads = [], [], []
    for count in COUNTS:
        outcome = simulate(asks, (MACHINE,) * count)
        loads.append(f"{outcome.loads:,} on {count}")
        waits = waits_of(outcome)
        medians.append((float(count), quantile(waits, 0.5)))
        tails.append((float(count), quantile(waits, 0.95)))
    alone = MACHINE.alone_seconds(asks[0])
    return Chart(
        title=f"A day with {PEOPLE:,} people, by the number of engines",
        subtitle=f"{PEOPLE * ASKS:,} jobs of people, one in five for a second model, and {BATCH:,} scheduled ones"
        f" at night; a model takes {MACHINE.load_seconds:.0f} s to load",
        across=Axis("engines", tuple((float(count), str(count)) for count in COUNTS), log=True),
        up=Axis("wait from the request to the picture", ticks("1 s", "24 h"), log=True),
        lines=(
            _line("p95 of the waits", tails, ORANGE),
            _line(f"median of the waits (models were loaded {', '.join(loads)})", medians, BLUE, below=True),
            Line(f"a job by itself, its model loaded: {in_words(alone)}", ((1.0, alone), (8.0, alone)), GREY, "2 4"),
        ),
    )


def _line(label: str, points: list[tuple[float, float]], colour: str, *, below: bool = False) -> Line:
    return Line(label, tuple(points), colour, marks=tuple(in_words(wait) for _, wait in points), below=below)
