"""Who goes first of the jobs that an engine holds, and how many of them there may be.

The engine draws those of the smallest rank and parks the others. Rank 0 is for lanes that are owed something
(:mod:`daemon.fairness.shares`), as many jobs of each as its share of the engine has places; but while the most urgent
lane on board has not had its own share they wait, as long as none of them is far behind. After them the lanes go in
order of urgency, and in a lane the first job of each owner goes before anybody's second, so that nobody waits behind
somebody else's many.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import accumulate

from daemon.fairness.catching_up import catching_up, far
from daemon.fairness.order import ALL_RANKS, by_lane, plain_ranks, rank, with_the_first
from daemon.fairness.riders import ASIDE, without_those_aside
from daemon.fairness.shares import Shares
from daemon.fairness.values import Aboard, EngineState, Rules


def spare(capacity: int) -> int:
    """Jobs sent beyond the engine's capacity: a freed place is filled at the next forward and not one claim later."""
    return max(1, capacity // 4)


def most_aboard(capacity: int) -> int:
    """Jobs on board, of the rank that is looked at and better ones, up to which a further one may come."""
    return capacity + spare(capacity)


def places(lane: int, capacity: int, rules: Rules) -> int:
    """The lane's share of the engine's places, at least one: so many of its jobs are on board, however full it is."""
    return max(1, math.ceil(rules.shares[lane] * capacity - 1e-9))


def ranks(engine: EngineState, shares: Shares, rules: Rules) -> list[int]:
    """The rank of each job on board, in their order there; the engine draws the smallest first, then by arrival.

    Of a lane that is owed something its first job goes before all others, and with it those that share its forwards
    and pass nobody who has not begun.
    Where another model has to be loaded for the first, that waits until the lane is overdue; others of the lane do not
    go instead, or it would never come to that. Before the most urgent lane on board it goes only where that one has had
    its share, or the other is far behind: else people would wait for what a flood in the folder took.
    """
    found = plain_ranks(engine.aboard)
    lifted = {} if keeps_its_turn(engine, shares, rules) else by_lane(engine.aboard, found)
    for lane, order in lifted.items():
        first = engine.aboard[order[0]]
        if lane in shares.overdue or (lane in shares.owed and engine.model in (None, first.fit.model)):
            for place in with_the_first(order, engine.aboard)[: places(lane, engine.capacity, rules)]:
                found[place] = 0
    return catching_up(engine, without_those_aside(engine, found, rules), shares, rules)


def keeps_its_turn(engine: EngineState, shares: Shares, rules: Rules) -> bool:
    """Whether the most urgent lane on board goes first although others are owed something."""
    urgent = min((job.lane for job in engine.aboard), default=None)
    if urgent is None or urgent in shares.owed or shares.unused[urgent] <= 0:
        return False
    return max((shares.behind[lane] for lane in shares.owed), default=0.0) <= far(engine, rules)


def wanting(waiting: Collection[int], engine: EngineState, shares: Shares, rules: Rules) -> frozenset[int]:
    """The lanes that want to be served: with a job that waits, or with one on board that is parked.

    ``waiting`` are the lanes with a job that may be claimed, and that is not kept back by its owner's own limit. A lane
    that is drawn only because it is owed something wants still.
    """
    found = frozenset(waiting) | _parked(engine, without_those_aside(engine, plain_ranks(engine.aboard), rules))
    return found | _parked(engine, ranks(engine, shares, rules)) if shares.owed else found


def _parked(engine: EngineState, found: Sequence[int]) -> frozenset[int]:
    """Lanes with a job that has no place; or that has one and is not drawn in it, as it does not fit the job that goes
    first. Where all that go first are of one lane these are its own, and it could not be served more than it is.
    """
    if not engine.aboard:
        return frozenset()
    order = sorted(zip(found, (job.arrival for job in engine.aboard), engine.aboard, strict=True), key=_two)
    best, _, first = order[0]
    leaders = {job.lane for its, _, job in order if its == best}
    leader = first.lane if len(leaders) == 1 else None
    rows, parked = 0, set()
    for its, _, job in order:
        if best < ASIDE <= its:
            parked.add(job.lane)
            continue
        rows += job.rows
        if rows > engine.capacity or (job.fit != first.fit and job.lane != leader):
            parked.add(job.lane)
    return frozenset(parked)


def _two(row: tuple[int, int, Aboard]) -> tuple[int, int]:
    return row[:2]


class Room:
    """How much room an engine has: for whom a further job may come on board.

    Jobs of a worse rank do not count, they are parked: a person's job comes on board although background jobs fill the
    engine. And a lane always has its places.
    """

    def __init__(self, engine: EngineState, rules: Rules) -> None:
        self._engine = engine
        self._rules = rules
        ranked = plain_ranks(engine.aboard)
        self._up_to_rank = list(accumulate(ranked.count(rank) for rank in range(ALL_RANKS)))
        self._of_lane = Counter([job.lane for job in engine.aboard])
        self._of_owner = Counter([job.owner for job in engine.aboard] if rules.max_running else ())
        self._owners = {(job.lane, job.owner) for job in engine.aboard}

    def has(self, lane: int, owner: str) -> bool:
        """Whether a further job of this owner and lane may come on board."""
        return not self.at_limit(owner) and self.has_for(lane, first=(lane, owner) not in self._owners)

    def at_limit(self, owner: str) -> bool:
        """Whether the owner has as many jobs on board as the operator allows one to have."""
        return bool(self._rules.max_running) and self._of_owner[owner] >= self._rules.max_running

    def has_for(self, lane: int, *, first: bool) -> bool:
        """The same for anybody below his own limit; ``first``: he has no job of this lane on board."""
        own = self._of_lane[lane]
        if own < places(lane, self._engine.capacity, self._rules):
            return True
        most, own_rank = most_aboard(self._engine.capacity), rank(lane, first=first)
        return own < 2 * most and self._up_to_rank[own_rank] < most


def has_room(lane: int, owner: str, engine: EngineState, rules: Rules) -> bool:
    """Whether a further job of this owner and lane may come on board (see :class:`Room`)."""
    return Room(engine, rules).has(lane, owner)
