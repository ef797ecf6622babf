"""The engine and what it holds, in the words of the forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daemon.dispatch.balance import Balance
from daemon.dispatch.held import HeldJob
from daemon.dispatch.station import Station
from daemon.fairness.estimates import Speeds
from daemon.fairness.forecast import Board, Draws
from daemon.fairness.work import Work


def board_of(station: Station, balance: Balance, speeds: Speeds, ending: Iterable[HeldJob | None]) -> Board:
    """As things stand now."""
    model, ready_in = station.model, 0.0
    if station.loading is not None:
        model, since = station.loading
        ready_in = max(0.0, speeds.load_seconds(model) - since)
    return Board(
        capacity=station.capacity,
        model=model,
        ready_in=ready_in,
        aboard=_aboard(station.held),
        ending=frozenset(each.job.id for each in ending if each is not None),
        shares=balance.shares,
        rules=balance.rules,
        weights=balance.weights,
    )


def _aboard(held: Sequence[HeldJob]) -> tuple[Draws, ...]:
    return tuple(
        Draws(
            id=each.job.id,
            lane=each.urgency,
            owner=each.job.owner,
            work=Work.of(each.job.request),
            steps_done=each.steps_done,
            pictures_done=len(each.pictures),
            served=each.engine_seconds,
            alone=each.alone,
        )
        for each in sorted(held, key=lambda each: each.arrival)
    )
