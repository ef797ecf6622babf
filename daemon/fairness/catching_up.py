"""A lane that is far behind although it goes before the others has the engine to itself.

In the forward of a lane that is owed something others ride along and bear a part of its cost. As long as all lanes that
are owed something share every forward, with their places, none falls behind further. Where they can't, because their
pictures are of different sizes or there are too few places, a lane may get less than its share although it goes first.
Once it is too far behind it is drawn alone, so that all that the engine gives is taken off what it is owed.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.fairness.order import by_lane, plain_ranks, with_the_first
from daemon.fairness.riders import ASIDE
from daemon.fairness.shares import Shares
from daemon.fairness.values import EngineState, Rules


def catching_up(engine: EngineState, ranks: Sequence[int], shares: Shares, rules: Rules) -> list[int]:
    """These ranks; where a lane is too far behind all others are set aside, and of its own jobs those that do not go
    with the first one, or pass one that has not begun.
    """
    found = list(ranks)
    ready = {job.lane for rank, job in zip(ranks, engine.aboard, strict=True) if rank == 0}
    lane = max(ready, key=lambda lane: shares.behind[lane], default=None)
    if lane is None or shares.behind[lane] <= far(engine, rules) or _all_share(engine, ranks, shares, rules):
        return found
    stay = _together(lane, engine)
    for place in range(len(found)):
        found[place] = found[place] % ASIDE + (0 if place in stay else ASIDE)
    return found


def far(engine: EngineState, rules: Rules) -> float:
    """Engine-seconds: more than a lane is ever behind that goes first and has its share of every forward."""
    seconds, fits = engine.forward_seconds, {job.fit for job in engine.aboard}
    longest = max((seconds(fit, engine.capacity) for fit in fits), default=0.0) if seconds else 0.0
    one_model = {fit.model for fit in fits} <= {engine.model}
    patience = rules.quantum_seconds + (0.0 if one_model else rules.switch_seconds)
    return patience + max(rules.quantum_seconds, longest)


def _together(lane: int, engine: EngineState) -> list[int]:
    order = by_lane(engine.aboard, plain_ranks(engine.aboard)).get(lane)
    return with_the_first(order, engine.aboard) if order else []


def _all_share(engine: EngineState, ranks: Sequence[int], shares: Shares, rules: Rules) -> bool:
    """Whether each lane that is owed something has its share of the next forward."""
    slots = _slots(engine, ranks)
    best, fit = slots[0][0], engine.aboard[slots[0][1]].fit
    if len({engine.aboard[place].fit for rank, place in slots if rank == best}) > 1:
        return False  # they take turns
    together = [place for _, place in slots if engine.aboard[place].fit == fit]
    return all(
        sum(map(together.count, _together(lane, engine))) >= rules.shares[lane] * len(together) for lane in shares.owed
    )


def _slots(engine: EngineState, ranks: Sequence[int]) -> list[tuple[int, int]]:
    """The rank and the place on board of each picture that is drawn next or could be, in order of service."""
    rows = sorted(
        (rank, row > 0, job.arrival, place)
        for place, (rank, job) in enumerate(zip(ranks, engine.aboard, strict=True))
        for row in range(min(job.rows, engine.capacity))
    )
    best = rows[0][0]
    return [(rank, place) for rank, _, _, place in rows if not best < ASIDE <= rank][: engine.capacity]
