"""What each lane gets of an engine while everything is asked for at once."""

from __future__ import annotations

from simulation.floods import FIT
from simulation.plots.chart import Axis, Chart, Line
from simulation.plots.figures import BLUE, GREEN, ORANGE, PURPLE, percents
from simulation.traces import Speed

from daemon.fairness.simulator import simulate
from daemon.fairness.traffic import Ask, Machine
from daemon.fairness.values import Rules

MACHINE = Machine(capacity=1, forward_seconds=Speed(0.0, 0.125))
MINUTE = 60.0
STRETCH = 4 * MINUTE
END = 120 * MINUTE
NAMES = ("interactive", "folder", "scheduled", "background")
COLOURS = (BLUE, GREEN, ORANGE, PURPLE)
DASHES = ("", "9 4", "9 3 2 3", "2 4")


def traffic() -> list[Ask]:
    """A folder and a background job that never end, a schedule from minute 20 on, and from minute 40 on for more
    than an hour people who ask for more than the engine can draw.
    """
    asks = [Ask(at=0.0, lane=1, owner="folder", fit=FIT, steps=20)] * 4000
    asks += [Ask(at=0.0, lane=3, owner="background", fit=FIT, steps=20)] * 1000
    asks += [Ask(at=20 * MINUTE, lane=2, owner="schedule", fit=FIT, steps=20)] * 1000
    for person in range(20):
        asks += [Ask(at=40 * MINUTE + person, lane=0, owner=f"person-{person}", fit=FIT, steps=20)] * 50
    return asks


def chart() -> Chart:
    """Share of the engine-seconds by lane, and the floor of each."""
    outcome = simulate(traffic(), (MACHINE,), until=END, stretch_seconds=STRETCH)
    stretches = [stretch for stretch in outcome.served if (stretch + 1) * STRETCH <= END]
    lines = []
    for lane, name in enumerate(NAMES):
        points = tuple(
            ((stretch + 0.5) * STRETCH, outcome.served[stretch][lane] / sum(outcome.served[stretch]))
            for stretch in stretches
        )
        floor = Rules().shares[lane]
        label = f"{name} (floor {floor:.0%}): fell behind it by {outcome.short[lane]:.1f} engine-seconds at most"
        lines.append(Line(label, points, COLOURS[lane], DASHES[lane]))
        lines.append(Line("", ((0.0, floor), (END, floor)), COLOURS[lane], "1 7"))
    return Chart(
        title="What each lane gets while people ask for more than the engine can draw",
        subtitle="20 people ask for 50 pictures each at minute 40; a schedule runs from minute 20, all else from 0",
        across=Axis("minutes (each point: four minutes; dotted: the floors)", _minutes()),
        up=Axis("share of the engine", percents(range(0, 101, 20))),
        lines=tuple(lines),
    )


def _minutes() -> tuple[tuple[float, str], ...]:
    return tuple((minute * MINUTE, str(minute)) for minute in range(0, 121, 20))
