"""Those who are told of the ends of others' jobs: kept here, so that the row that tells one is of the same transaction.

The settings say who they are; :func:`replace` brings this table to what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import subscriptions

_ALL = sa.select(subscriptions)
_REMOVE = sa.delete(subscriptions).where(
    subscriptions.c.source == sa.bindparam("of_source"), subscriptions.c.target == sa.bindparam("of_target")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Tell ``target`` of ``source`` of each job that ends in one of the states and matches the rest."""

    source: str
    target: str
    states: tuple[str, ...]
    owner: str | None = None
    """Of this owner; with a star at its end, of every owner that begins so."""
    origin: str | None = None
    """From this source."""


def replace(connection: Connection, wanted: Sequence[Subscription]) -> None:
    """These and no others, from now on. Deliveries that are under way stay."""
    connection.execute(sa.delete(subscriptions))
    if wanted:
        rows = [
            {
                "source": each.source,
                "target": each.target,
                "states": ",".join(each.states),
                "owner": each.owner,
                "origin": each.origin,
            }
            for each in wanted
        ]
        connection.execute(sa.insert(subscriptions), rows)


def remove(connection: Connection, source: str, target: str) -> None:
    """This one no more, until :func:`replace`. Deliveries that are under way stay."""
    given = {"of_source": source, "of_target": target}
    connection.execute(_REMOVE, given)


def every(connection: Connection) -> list[Subscription]:
    """All there are."""
    return [
        Subscription(
            source=row.source,
            target=row.target,
            states=tuple(row.states.split(",")),
            owner=row.owner,
            origin=row.origin,
        )
        for row in connection.execute(_ALL)
    ]


def matching(connection: Connection, state: str, owner: str, origin: str) -> dict[str, list[str]]:
    """Who wants to know of this end, by source. There are some dozens at most: each is looked at."""
    found: dict[str, list[str]] = {}
    for each in every(connection):
        if state in each.states and _is_of(owner, each.owner) and each.origin in (None, origin):
            found.setdefault(each.source, []).append(each.target)
    return found


def _is_of(owner: str, wanted: str | None) -> bool:
    if wanted is None or not wanted.endswith("*"):
        return wanted in (None, owner)
    return owner.startswith(wanted[:-1])
