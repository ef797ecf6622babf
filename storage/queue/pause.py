"""The whole queue held: it goes on accepting and starts nothing. Survives a restart."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import flags

PAUSED, FREED = "paused", "freed"

_FLAG = sa.select(flags.c.name).where(flags.c.name == sa.bindparam("flag"))


def pause(connection: Connection, *, free_memory: bool = False) -> None:
    """Claim nothing from now on; what runs goes on. With ``free_memory`` no engine is wanted either, once it is idle.

    A queue that is paused already stays so; what was freed stays freed until it is resumed.
    """
    for flag in (PAUSED, FREED) if free_memory else (PAUSED,):
        if not _is_set(connection, flag):
            connection.execute(sa.insert(flags), {"name": flag})


def resume(connection: Connection) -> None:
    """Claim again."""
    connection.execute(sa.delete(flags).where(flags.c.name.in_((PAUSED, FREED))))


def is_paused(connection: Connection) -> bool:
    """Whether the queue is held."""
    return _is_set(connection, PAUSED)


def is_freed(connection: Connection) -> bool:
    """Whether the queue is held without an engine, so that its memory is free."""
    return _is_set(connection, FREED)


def _is_set(connection: Connection, flag: str) -> bool:
    return connection.execute(_FLAG, {"flag": flag}).first() is not None
