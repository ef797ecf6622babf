"""What to claim next.

Lanes take turns by engine-seconds per share (:mod:`daemon.fairness.shares`). Within a lane the owner goes first whose
time is smallest, and among his jobs the higher priority, then the older. A job that fits what the engine has loaded is
preferred within bounds: it must belong to the same lane, its owner's turn must not lie further off than
``affinity_seconds``, and of one owner's jobs only those are looked at that :meth:`Waiting.jobs` gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from daemon.fairness.board import has_room
from daemon.fairness.shares import Shares
from daemon.fairness.values import Candidate, EngineState, Fit, Pick, Rules, Waiting

LOOK_AT_OWNERS = 32
"""Owners of a lane that are looked at for one claim: bounds its cost."""


def next_pick(waiting: Waiting, engine: EngineState, shares: Shares, rules: Rules) -> Pick | None:
    """The job to claim now; none when nothing waits for which there is room.

    A job that must run alone comes alone. While it is next and the engine holds others nothing is claimed, so that
    those end and it can't starve.
    """
    if any(job.alone for job in engine.aboard):
        return None
    lanes = sorted(waiting.lanes(), key=lambda lane: (shares.projected(lane, engine.aboard, rules), lane))
    for lane in lanes:
        candidate = _next_of(lane, waiting, engine, rules)
        if candidate is not None:
            return None if candidate.alone and engine.aboard else Pick(lane, candidate)
    return None


def _next_of(lane: int, waiting: Waiting, engine: EngineState, rules: Rules) -> Candidate | None:
    best: Candidate | None = None
    best_misfit = 0
    for candidate in _reachable(lane, waiting, engine, rules):
        misfit = _misfit(candidate.fit, engine)
        if best is None or misfit < best_misfit:
            best, best_misfit = candidate, misfit
        if best.alone or not best_misfit:
            break
    return best


def _reachable(lane: int, waiting: Waiting, engine: EngineState, rules: Rules) -> Iterator[Candidate]:
    """The jobs that may go next, those whose turn it is before those that would be preferred to them."""
    latest: float | None = None
    for turn in islice(waiting.turns(lane), LOOK_AT_OWNERS):
        if latest is not None and turn.time > latest:
            return
        if not has_room(lane, turn.owner, engine, rules):
            continue
        if latest is None:
            latest = turn.time + rules.affinity_seconds
        for candidate in waiting.jobs(lane, turn.owner):
            yield candidate
            if candidate.alone:
                return


def _misfit(fit: Fit, engine: EngineState) -> int:
    """0: shares forwards with what is on board; 1: the same model; 2: another model must be loaded."""
    if any(job.fit == fit for job in engine.aboard):
        return 0
    models = {job.fit.model for job in engine.aboard} or ({engine.model} if engine.model else set())
    if not models or fit.model in models:
        return 0 if not engine.aboard else 1
    return 2
