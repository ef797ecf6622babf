"""Who goes first of the jobs that an engine holds, and how many of them there may be.

The engine draws those of the smallest rank and parks the others. Rank 0 is for lanes that are owed something
(:mod:`daemon.fairness.shares`), as many jobs of each as its share of the engine has places. After them the lanes go in
order of urgency, and in a lane the first job of each owner goes before anybody's second, so that nobody waits behind
somebody else's many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from daemon.fairness.shares import Shares
from daemon.fairness.values import LANES, Aboard, EngineState, Rules

ALL_RANKS = 1 + 2 * LANES


def spare(capacity: int) -> int:
    """Jobs sent beyond the engine's capacity: a freed place is filled at the next forward and not one claim later."""
    return max(1, capacity // 4)


def places(lane: int, capacity: int, rules: Rules) -> int:
    """The lane's share of the engine's places, at least one: so many of its jobs are on board, however full it is."""
    return max(1, math.ceil(rules.shares[lane] * capacity - 1e-9))


def ranks(engine: EngineState, shares: Shares, rules: Rules) -> list[int]:
    """The rank of each job on board, in their order there; the engine draws the smallest first, then by arrival."""
    found = [0] * len(engine.aboard)
    seen: set[tuple[int, str]] = set()
    lifted = [0] * LANES
    for place in sorted(range(len(engine.aboard)), key=lambda place: engine.aboard[place].arrival):
        job = engine.aboard[place]
        if job.lane in shares.owed and lifted[job.lane] < places(job.lane, engine.capacity, rules):
            lifted[job.lane] += 1
        else:
            found[place] = rank(job.lane, first=(job.lane, job.owner) not in seen)
        seen.add((job.lane, job.owner))
    return found


def rank(lane: int, *, first: bool) -> int:
    """Of a job whose lane is not owed anything; ``first``: its owner has none on board that came before it."""
    return 1 + 2 * lane + (not first)


def has_room(lane: int, owner: str, engine: EngineState, rules: Rules) -> bool:
    """Whether a further job of this owner and lane may come on board.

    Jobs of a worse rank do not count, they are parked: a person's job comes on board although background jobs fill the
    engine. And a lane always has its places.
    """
    own = [job for job in engine.aboard if job.lane == lane]
    of_owner = sum(job.owner == owner for job in own)
    if rules.max_running and sum(job.owner == owner for job in engine.aboard) >= rules.max_running:
        return False
    most = engine.capacity + spare(engine.capacity)
    if len(engine.aboard) >= LANES * most:
        return False
    if len(own) < places(lane, engine.capacity, rules):
        return True
    own_rank = rank(lane, first=not of_owner)
    return sum(_plain_rank(job, engine.aboard) <= own_rank for job in engine.aboard) < most


def _plain_rank(job: Aboard, aboard: Sequence[Aboard]) -> int:
    before = any(
        other.owner == job.owner and other.lane == job.lane and other.arrival < job.arrival for other in aboard
    )
    return rank(job.lane, first=not before)
