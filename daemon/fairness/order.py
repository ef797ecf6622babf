"""The order of service of the jobs on board while no lane is owed anything.

The lanes go in order of urgency. In a lane the first job of each owner goes before anybody's second, and of the same
rank who came on board first.

Jobs of other sizes can't share a forward, so that one may be passed by those behind it. That is no loss while the sizes
take turns. But where a lane gets its turns as it is owed something, these go to its first job until that ends, and
whoever shares its forwards could pass one that has not begun for as long, a whole stream of them. So the lane is given
what its jobs get in that order up to the first that has not begun and is passed (:func:`with_the_first`,
:func:`in_turn`): nobody behind that one is drawn for the lane's sake, and what he gets because he rides along is not
held against the lane. The price is that a lane with such a job is owed something although others of it are drawn.

One that has begun may be passed: as sizes take turns everybody is now and then, and a lane that counted it would be
owed something all the time. On overloaded engines what is foretold was then off by 0.26 in the median instead of 0.24.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

from daemon.fairness.values import LANES, Aboard, EngineState

ALL_RANKS = 1 + 2 * LANES
"""Rank 0 is for those that go before this order."""


def rank(lane: int, *, first: bool) -> int:
    """Of a job whose lane is not owed anything; ``first``: its owner has none on board that came before it."""
    return 1 + 2 * lane + (not first)


def plain_ranks(aboard: Sequence[Aboard]) -> list[int]:
    """The ranks of these jobs."""
    found = [0] * len(aboard)
    seen: set[tuple[int, str]] = set()
    for place in sorted(range(len(aboard)), key=lambda place: aboard[place].arrival):
        job = aboard[place]
        whose = (job.lane, job.owner)
        found[place] = rank(job.lane, first=whose not in seen)
        seen.add(whose)
    return found


def by_lane(aboard: Sequence[Aboard], ranked: Sequence[int]) -> dict[int, list[int]]:
    """The places of each lane's jobs in ``aboard``, in order of service."""
    found: dict[int, list[int]] = {}
    for _, _, place in sorted([(ranked[place], job.arrival, place) for place, job in enumerate(aboard)]):
        found.setdefault(aboard[place].lane, []).append(place)
    return found


def with_the_first(order: Sequence[int], aboard: Sequence[Aboard]) -> list[int]:
    """Of a lane's jobs those that share the forwards of its first one and pass nobody who has not begun."""
    fit = aboard[order[0]].fit
    return _in_turn(order, aboard, lambda job: job.fit == fit)


def in_turn(engine: EngineState, had: Mapping[int, float]) -> dict[int, float]:
    """Engine-seconds by lane that count as served, where jobs on board (by their arrival) had so many each.

    Those of a lane whose first job had none of them do not: others of it rode along with what was drawn anyhow. If they
    counted, the lane would never be owed what its first job waits for. No more do those of jobs that passed one which
    has not begun.
    """
    aboard, counted = engine.aboard, dict[int, float]()
    for lane, order in by_lane(aboard, plain_ranks(aboard)).items():
        if had.get(aboard[order[0]].arrival):
            places = _in_turn(order, aboard, lambda job: bool(had.get(job.arrival)))
            counted[lane] = sum(had[aboard[place].arrival] for place in places)
    return counted


def _in_turn(order: Sequence[int], aboard: Sequence[Aboard], drawn: Callable[[Aboard], bool]) -> list[int]:
    """Those who are drawn, in order, up to the first that is not and has not begun."""
    return [
        place
        for place in takewhile(lambda place: aboard[place].served or drawn(aboard[place]), order)
        if drawn(aboard[place])
    ]
