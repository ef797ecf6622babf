"""The whole queue held: it goes on accepting and starts nothing. Survives a restart."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.schema import flags

_PAUSED = sa.select(flags.c.name).where(flags.c.name == "paused")


def pause(connection: Connection) -> None:
    """Claim nothing from now on; what runs goes on."""
    if not is_paused(connection):
        connection.execute(sa.insert(flags), {"name": "paused"})


def resume(connection: Connection) -> None:
    """Claim again."""
    connection.execute(sa.delete(flags).where(flags.c.name == "paused"))


def is_paused(connection: Connection) -> bool:
    """Whether the queue is held."""
    return connection.execute(_PAUSED).first() is not None
