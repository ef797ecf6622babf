"""Random traffic, and what the stated bounds say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from daemon.fairness import bounds
from daemon.fairness.traffic import Ask, Machine, Outcome, Record
from daemon.fairness.values import LANES, Fit, Rules

RULES = Rules()
SPEEDS = ((0.1, 0.0), (0.05, 0.02), (0.0, 0.1), (0.3, 0.0), (0.02, 0.3))


@dataclass(frozen=True)
class Speed:
    """A forward takes so long, and so much more for each picture; the more pixels, the longer."""

    fixed: float
    each: float

    def __call__(self, fit: Fit, pictures: int) -> float:
        return (self.fixed + self.each * pictures) * fit.width * fit.height / 512**2


@dataclass(frozen=True)
class Trace:
    """Traffic and engines."""

    asks: tuple[Ask, ...]
    machines: tuple[Machine, ...]


SIDES = ((512,), (1024,), (512, 1024), (512, 640, 768, 1024))
"""Of the pictures of a trace."""


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Up to ten owners in four lanes, floods and single jobs, short and long, wrongly estimated by up to four times.

    Pictures are of one size or of several, and then an owner's all of one or of any.
    """
    models, engines = draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (1, 3)]))
    alone = models == 2 and draw(st.booleans())
    sides = draw(st.sampled_from(SIDES))
    fits = [Fit(f"model-{model}", side, side) for model in range(models) for side in sides]
    mixing = draw(st.booleans())
    machine = Machine(
        capacity=draw(st.sampled_from([1, 2, 4, 8])),
        forward_seconds=Speed(*draw(st.sampled_from(SPEEDS))),
        load_seconds=draw(st.sampled_from([0.0, 5.0, 20.0])),
    )
    random = Random(draw(st.integers(0, 2**32)))
    asks: list[Ask] = []
    for owner in range(draw(st.integers(2, 10))):
        lane, at = draw(st.integers(0, LANES - 1)), random.choice([0.0, 0.0, random.uniform(0, 60)])
        steps, gap = random.choice([3, 10, 20, 20, 100, 200]), random.choice([0, 0, 1, 5, 20])
        own_fits = fits if mixing else [random.choice(fits)]
        weight, error = random.choice([0.5, 1, 1, 2, 4]), random.choice([0.25, 0.5, 1, 2, 4])
        for _ in range(draw(st.sampled_from([1, 1, 3, 10, 40]))):
            asks.append(
                Ask(
                    at=at,
                    lane=lane,
                    owner=f"owner-{owner}",
                    fit=random.choice(own_fits),
                    steps=max(1, int(steps * random.uniform(0.5, 1))),
                    pictures=random.choice([1, 1, 1, 4]),
                    weight=weight,
                    error=error,
                    alone=alone and random.random() < 0.02,
                )
            )
            at += random.expovariate(1 / gap) if gap else 0.0
    return Trace(tuple(asks), (machine,) * engines)


def load_of(trace: Trace) -> bounds.Load:
    """What the trace may ask of an engine."""
    machine = trace.machines[0]
    return bounds.Load(
        capacity=machine.capacity,
        longest_forward=max(machine.forward_seconds(ask.fit, machine.capacity) for ask in trace.asks),
        longest_job=max(machine.alone_seconds(ask) for ask in trace.asks),
        models=len({ask.fit.model for ask in trace.asks}),
        sizes=len({(ask.fit.width, ask.fit.height) for ask in trace.asks}),
        alone=any(ask.alone for ask in trace.asks),
        lanes=len({ask.lane for ask in trace.asks}),
    )


def worst_floor(trace: Trace, outcome: Outcome) -> float:
    """How far a lane fell behind its share, in parts of what is stated."""
    load = load_of(trace)
    return max(outcome.short[lane] / bounds.shortfall(lane, load, RULES) for lane in range(LANES))


def worst_oldest(trace: Trace, outcome: Outcome) -> float:
    """How long somebody's oldest job waited, in parts of what is stated."""
    late = [record for record in outcome.records if record.oldest < record.started]
    load, error = load_of(trace), max(1.0, *(1 / ask.error for ask in trace.asks))
    return max((record.others / _bound(record, outcome.records, trace, load, error) for record in late), default=0.0)


def _bound(record: Record, records: Sequence[Record], trace: Trace, load: bounds.Load, error: float) -> float:
    ask, machine = record.ask, trace.machines[0]
    rivals: dict[str, bounds.Rival] = {}
    own = 0.0
    for other in records:
        if other.ask.lane != ask.lane or other is record or not record.oldest <= other.claimed <= record.started:
            continue
        seconds = machine.alone_seconds(other.ask)
        if other.ask.owner == ask.owner:
            own += seconds
        else:
            known = rivals.get(other.ask.owner, bounds.Rival(0.0, 0.0))
            rivals[other.ask.owner] = bounds.Rival(other.ask.weight, max(known.longest_job, seconds))
    return bounds.most_before(
        ask.lane,
        load,
        RULES,
        lead=record.lead + own * max(1.0, ask.error) / ask.weight,
        ahead=record.ahead,
        own=own,
        rivals=rivals.values(),
        error=error,
        engines=len(trace.machines),
    )
