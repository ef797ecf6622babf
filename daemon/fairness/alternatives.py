"""Other ways to decide, to compare with: what most servers do."""

from __future__ import annotations

from daemon.fairness import board, order, policy
from daemon.fairness.shares import Shares
from daemon.fairness.traffic import Policy
from daemon.fairness.values import Candidate, EngineState, Pick, Rules, Waiting

FAIR = Policy(policy.next_pick, board.ranks)


def oldest_pick(waiting: Waiting, engine: EngineState, shares: Shares, rules: Rules) -> Pick | None:
    """First come, first served, whoever it is."""
    if len(engine.aboard) >= board.most_aboard(engine.capacity) or any(job.alone for job in engine.aboard):
        return None
    first: tuple[int, Candidate] | None = None
    for lane in waiting.lanes():
        for turn in waiting.turns(lane):
            for job in waiting.jobs(lane, turn.owner):
                if first is None or job.seq < first[1].seq:
                    first = (lane, job)
                break
    if first is None or (first[1].alone and engine.aboard):
        return None
    return Pick(*first)


def equal_ranks(engine: EngineState, shares: Shares, rules: Rules) -> list[int]:
    """Nobody goes before anybody who came earlier."""
    return [1] * len(engine.aboard)


def strict_pick(waiting: Waiting, engine: EngineState, shares: Shares, rules: Rules) -> Pick | None:
    """The more urgent lane first, always; within it as the fair policy does."""
    return policy.next_pick(waiting, engine, Shares(), rules)


def strict_ranks(engine: EngineState, shares: Shares, rules: Rules) -> list[int]:
    """No lane is owed anything."""
    return order.plain_ranks(engine.aboard)


FIRST_COME = Policy(oldest_pick, equal_ranks)
STRICT = Policy(strict_pick, strict_ranks)
