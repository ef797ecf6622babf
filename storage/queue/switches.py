"""The queue as a whole can be paused: it goes on accepting and starts nothing. It stays so over a restart."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from storage.schema import switches

PAUSED = "paused"


def pause(connection: Connection) -> None:
    """Start no more jobs."""
    if not is_paused(connection):
        connection.execute(insert(switches).values(name=PAUSED, value="1"))


def resume(connection: Connection) -> None:
    """Start jobs again."""
    connection.execute(delete(switches).where(switches.c.name == PAUSED))


def is_paused(connection: Connection) -> bool:
    """Whether :func:`pause` was the last word."""
    return connection.execute(select(switches.c.name).where(switches.c.name == PAUSED)).one_or_none() is not None
