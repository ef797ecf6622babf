"""The two decisions that the dispatcher leaves to others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from daemon.fairness import board
from daemon.fairness.policy import next_pick
from daemon.fairness.shares import Shares
from daemon.fairness.values import EngineState, Pick, Rules, Waiting


@dataclass(frozen=True, slots=True)
class Policy:
    """Pure functions. Those of :mod:`daemon.fairness`, unless somebody wants to compare them with others."""

    pick: Callable[[Waiting, EngineState, Shares, Rules], Pick | None] = next_pick
    """What to claim now."""
    ranks: Callable[[EngineState, Shares, Rules], Sequence[int]] = board.ranks
    """Of the jobs on board, in their order there: the engine draws the smallest first."""
