"""Who rides along in the forwards of more urgent jobs, where the engine has places left.

A row that costs nothing rides along always. Where each further one lengthens the forward, a person's job would get its
steps as slowly as the engine is full: so the others may lengthen the forwards of the most urgent lane by a part only
(:attr:`~daemon.fairness.values.Rules.stretch`), and who is beyond that is set aside. Set aside means: drawn as soon as
nobody else can be, so that the engine never idles for it, and no sooner. Lanes that are owed something are not set
aside: what they have to get is decided by :mod:`daemon.fairness.shares`, and it is for them that they go first.

In the simulator (tests/simulation/test_floods.py) people wait 1.6 and 1.9 times as long as alone on two engines whose
forwards take longer with each row, instead of 2.6 and 3.1 times. With nobody beside them at all it would be 1.3 and 1.6
times: what is left then are the turns of lanes that are owed something and the forward that is under way.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.fairness.values import EngineState, Fit, Rules
from pipeline.messages import ASIDE

__all__ = ["ASIDE", "without_those_aside"]


def without_those_aside(engine: EngineState, ranks: Sequence[int], rules: Rules) -> list[int]:
    """These ranks, and :data:`ASIDE` more for those who may not ride along."""
    found = list(ranks)
    order = sorted(
        (rank, job.arrival, place) for place, (rank, job) in enumerate(zip(ranks, engine.aboard, strict=True))
    )
    places = [place for _, _, place in order]
    urgent = min((job.lane for job in engine.aboard), default=0)
    for fit in {job.fit for job in engine.aboard if job.lane == urgent}:
        together = [place for place in places if engine.aboard[place].fit == fit]
        for place in _beyond(together, engine, ranks, fit, urgent, rules):
            found[place] += ASIDE
    return found


def _beyond(
    together: Sequence[int], engine: EngineState, ranks: Sequence[int], fit: Fit, urgent: int, rules: Rules
) -> list[int]:
    """Of jobs that could share a forward, in order of service, those who would lengthen it too much."""
    aboard = engine.aboard
    most = most_rows(engine, fit, sum(aboard[place].rows for place in together if aboard[place].lane == urgent), rules)
    stay = {place for place in together if aboard[place].lane == urgent or ranks[place] == 0}
    rows, beyond = sum(aboard[place].rows for place in stay), []
    for place in together:
        if place in stay:
            continue
        if rows + aboard[place].rows > most:
            beyond.append(place)
        else:
            rows += aboard[place].rows
    return beyond


def most_rows(engine: EngineState, fit: Fit, urgent: int, rules: Rules) -> int:
    """Rows up to which a forward of so many urgent ones may be filled with others."""
    if engine.forward_seconds is None:
        return 2**31
    urgent = min(urgent, engine.capacity)
    limit, rows = rules.stretch * engine.forward_seconds(fit, urgent) + 1e-9, urgent
    while rows < engine.capacity and engine.forward_seconds(fit, rows + 1) <= limit:
        rows += 1
    return rows
