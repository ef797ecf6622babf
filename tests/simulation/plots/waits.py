"""How long people wait under floods in other lanes, by who decides."""

from __future__ import annotations

from simulation.floods import floods, people
from simulation.plots.chart import Axis, Chart, Line
from simulation.plots.figures import BLUE, GREEN, GREY, ORANGE, in_words, percents, quantile, ticks, waits_of
from simulation.traces import Speed

from daemon.fairness.alternatives import FAIR, FIRST_COME, STRICT
from daemon.fairness.simulator import simulate
from daemon.fairness.traffic import Ask, Machine, Policy

MACHINE = Machine(capacity=1, forward_seconds=Speed(0.0, 0.1))
"""It gains nothing by drawing several pictures together: the hardest case."""


def chart() -> Chart:
    """Share of people's jobs that are done within a time."""
    flooded = floods() + people()
    return Chart(
        title="What people wait, beside 10,000 folder jobs and 500 scheduled ones",
        subtitle=f"Twenty people, {len(people()):,} jobs of {in_words(MACHINE.alone_seconds(flooded[0]))}"
        " in two hours, on one engine that draws one picture at a time",
        across=Axis("wait from the request to the picture", ticks("1 s", "8 h"), log=True),
        up=Axis("share of people's jobs done", percents(range(0, 101, 20))),
        lines=(
            _line("without the floods", people(), FAIR, GREY, "2 4"),
            _line("fair (Mezzotint)", flooded, FAIR, BLUE),
            _line("strict lanes", flooded, STRICT, ORANGE, "9 4"),
            _line("first come, first served", flooded, FIRST_COME, GREEN, "9 3 2 3"),
        ),
    )


def _line(name: str, asks: list[Ask], policy: Policy, colour: str, dashes: str = "") -> Line:
    outcome = simulate(asks, (MACHINE,), policy=policy)
    waits = waits_of(outcome)
    label = f"{name}: median {in_words(quantile(waits, 0.5))}, p95 {in_words(quantile(waits, 0.95))}"
    if policy in (FAIR, STRICT) and any(ask.lane for ask in asks):
        label += f"; a lane fell behind its share by {in_words(max(outcome.short.values()))} at most"
    points = tuple((quantile(waits, part / 400), part / 400) for part in range(401))
    return Line(label, points, colour, dashes)
