"""What is promised of the policy, as figures.

Both promises rest on the account of :mod:`daemon.fairness.shares`.

**How far a lane may fall behind** (:func:`most_owed`). While a lane has something that waits or is parked, its account
grows by its share of what the engine draws and falls by what it is given. Up to its quantum it may have to wait. Beyond
it is owed something, and each forward is of one of these kinds:

- All lanes that are owed something have their share of it, so that none of their accounts grows.
- They do not, and none is *far* behind (:func:`daemon.fairness.catching_up.far`: beyond its quantum by a further one
  and at least by the longest forward): whoever's turn it is, no account is above that mark before the forward. Such is
  one in which the most urgent lane keeps its turn (:func:`daemon.fairness.board.keeps_its_turn`).
- They do not, and one is far behind: then it has all of the forward. Its account falls by what the accounts of all
  others grow together at least, as all shares make 1, and it stays above the quantum.

Take the sum of what the accounts have beyond the mark less the longest forward, which is not below the quantum. In
forwards of the first and of the third kind it does not grow; before one of the second kind it is a longest forward for
each lane at most, and that forward adds no more than itself. So no account ever exceeds the mark by more than a longest
forward for each lane. It does not matter for this whether pictures can share a forward.

Where another model has to be loaded the further patience that the rules have before they load one comes to all that;
and the work that is begun has to end first, as often as a lane has another model. A job that must run alone is such
work too, as is what has to end before it. Meanwhile others are drawn, and no lane goes first: there the marks of all
lanes are added up.

**The floor** (:func:`shortfall`). Over any stretch of time in which a lane has work all along it gets its share of
what is drawn, less the most that it is owed at its end, and less the quantum that it may have had in advance at its
beginning. Over a window that is long enough (:func:`window_seconds`) that is a given part of its share.

**The oldest job** (:func:`most_before`). From when a job is the oldest one of its owner until it starts, its lane has
work. Of the lane's seconds only these go before it: what of the lane is on board already; the jobs of each other owner
whose turn comes before his, which is as many seconds as he lies ahead of the others, by weight, and one job each; what
goes out of turn for the sake of the model; and all that at most so many times as much as the estimates tell. The lane
gets its share of all seconds less its shortfall; so many are drawn at most until it has had those.

It does not matter whether pictures can share a forward. While the lane is drawn because it is owed something, what
passes a job that is on board and has not begun is not counted as the lane's (:mod:`daemon.fairness.order`). And once
the job has a place among those that go first, the sizes take turns, so that it starts after one forward of each other
at most.

With several engines each keeps the floor for the lanes that have work there. A job waits for one of them only once
it is on board, and meanwhile the others draw as much each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daemon.fairness.values import LANES, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What an engine may be asked to do while a promise is to hold."""

    capacity: int
    """Pictures that it draws together."""
    longest_forward: float
    """Seconds."""
    longest_job: float = 0.0
    """Engine-seconds of a job that is drawn by itself."""
    models: int = 1
    sizes: int = 1
    """Of pictures."""
    alone: bool = False
    """There are jobs that must run alone."""
    lanes: int = LANES
    """Lanes with work."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another owner of the lane who claims something while a job waits."""

    weight: float
    longest_job: float
    """Engine-seconds, drawn by itself."""


def begun(load: Load) -> float:
    """The engine-seconds of what may have to end before another model is loaded or a job runs alone."""
    if load.models == 1 and not load.alone:
        return 0.0
    return 3 * load.capacity * load.lanes * load.longest_job


def most_owed(load: Load, rules: Rules) -> float:
    """Engine-seconds that a lane is ever owed."""
    switching = load.models > 1 or load.alone
    patience = rules.quantum_seconds + (rules.switch_seconds if switching else 0.0)
    far = patience + max(rules.quantum_seconds, load.longest_forward)
    if switching:
        return load.lanes * far + load.longest_forward + begun(load)
    return far + load.lanes * load.longest_forward


def shortfall(lane: int, load: Load, rules: Rules) -> float:
    """Engine-seconds by which a lane with work may fall behind its share of what is drawn, over any stretch of time."""
    return most_owed(load, rules) + rules.quantum_seconds


def window_seconds(lane: int, load: Load, rules: Rules, *, part: float = 0.8) -> float:
    """Over so many engine-seconds that an engine draws a lane with work gets this part of its share at least."""
    return shortfall(lane, load, rules) / ((1 - part) * rules.shares[lane])


def most_before(
    lane: int,
    load: Load,
    rules: Rules,
    *,
    lead: float = 0.0,
    ahead: float = 0.0,
    own: float = 0.0,
    rivals: Iterable[Rival] = (),
    error: float = 1.0,
    engines: int = 1,
) -> float:
    """Engine-seconds of others that pass at most from when a job is its owner's oldest until it starts.

    ``lead``: how far its owner's time lies beyond that of who is next; ``ahead``: what others of the lane have still to
    get of what is on board; ``own``: what its owner's later jobs get that go before it, as they fit what is loaded
    (``look_ahead`` of them at most); ``rivals``: the owners who claim something meanwhile; ``error``: how many times
    more than its estimate a job may take.
    """
    out_of_turn = lead + rules.affinity_seconds
    lane_seconds = ahead + own + sum(error * rival.weight * out_of_turn + rival.longest_job for rival in rivals)
    turns = (load.sizes - 1) * load.longest_forward
    return engines * ((lane_seconds + engines * shortfall(lane, load, rules)) / rules.shares[lane] + turns)
