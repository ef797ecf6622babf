"""What to claim next.

Lanes go in order of urgency, except that one that is overdue (:mod:`daemon.fairness.shares`) goes first: each comes on
board as far as there is room for it, and there it is decided who is drawn. Within a lane the owner goes first whose
time is smallest, and among his jobs the higher priority, then the older.

A job that fits what the engine has loaded is preferred within bounds. It must belong to the same lane. It must have
been accepted at most ``look_ahead`` jobs after the one whose turn it is, so that no stream of new jobs passes that one
for ever. And its owner's turn must be close: all owners together get no more than ``affinity_seconds`` out of turn,
besides the job that each was about to be given anyhow.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from daemon.fairness.board import Room
from daemon.fairness.shares import Shares
from daemon.fairness.values import Candidate, EngineState, Fit, Pick, Rules, Turn, Waiting

LOOK_AT_OWNERS = 32
"""Owners of a lane that are looked at for one claim: bounds its cost."""


def next_pick(waiting: Waiting, engine: EngineState, shares: Shares, rules: Rules) -> Pick | None:
    """The job to claim now; none when nothing waits for which there is room.

    A job that must run alone comes alone. While it is next and the engine holds others nothing is claimed, so that
    those end and it can't starve.
    """
    lanes = sorted(waiting.lanes(), key=lambda lane: (lane not in shares.overdue, lane))
    if not lanes or any(job.alone for job in engine.aboard):
        return None
    room = Room(engine, rules)
    for lane in lanes:
        if not (room.has_for(lane, first=True) or room.has_for(lane, first=False)):
            continue
        candidate = _next_of(lane, waiting, engine, room, rules)
        if candidate is not None:
            return None if candidate.alone and engine.aboard else Pick(lane, candidate)
    return None


def _next_of(lane: int, waiting: Waiting, engine: EngineState, room: Room, rules: Rules) -> Candidate | None:
    best: Candidate | None = None
    least = 0
    for candidate in _reachable(lane, waiting, room, rules):
        misfit = misfit_of(candidate.fit, engine)
        if best is None or misfit < least:
            best, least = candidate, misfit
        if best.alone or not least:
            break
    return best


def _reachable(lane: int, waiting: Waiting, room: Room, rules: Rules) -> Iterator[Candidate]:
    """The jobs that may go next: first the one whose turn it is, then those that may be preferred to it."""
    turns = [turn for turn in islice(waiting.turns(lane), LOOK_AT_OWNERS) if room.has(lane, turn.owner)]
    last_seq: int | None = None
    for turn in _close(turns, rules):
        for candidate in waiting.jobs(lane, turn.owner):
            if last_seq is None:
                last_seq = candidate.seq + rules.look_ahead
            if candidate.seq > last_seq:
                break
            yield candidate
            if candidate.alone:
                return


def _close(turns: list[Turn], rules: Rules) -> Iterator[Turn]:
    """Those whose turn is close to the first one's."""
    latest = turns[0].time + rules.affinity_seconds / len(turns) if turns else 0.0
    for turn in turns:
        if turn.time > latest:
            return
        yield turn


def misfit_of(fit: Fit, engine: EngineState) -> int:
    """0: shares forwards with what is on board; 1: the same model; 2: another model must be loaded.

    The model is that of the job that came on board last, which is loaded when its turn comes: to prefer the one that is
    loaded now would mix the models on board, and then each job waits for a load.
    """
    latest = max(engine.aboard, key=lambda job: job.arrival, default=None)
    model = engine.model if latest is None else latest.fit.model
    if model is not None and fit.model != model:
        return 2
    return 0 if not engine.aboard or any(job.fit == fit for job in engine.aboard) else 1
