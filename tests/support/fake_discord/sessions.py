"""One login at the gateway: what was sent to it, so that a lost connection can go on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

GUILDS, MEMBERS, PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, DIRECT_MESSAGES, CONTENT = 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = MEMBERS | PRESENCES | CONTENT
KNOWN = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))
Data = Callable[["Session"], Any]


@dataclass(eq=False)
class Session:
    """What lives from IDENTIFY until it is given up or has been away for too long."""

    id: str
    intents: int
    shard: tuple[int, int]
    log: list[dict[str, Any]] = field(default_factory=list)
    """Every event, the first with the number 1."""
    alive: bool = True
    holder: object | None = None
    """The connection that it is sent through."""
    left_at: float | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    resumed: int = 0
    """How often it has gone on after a lost connection."""

    @property
    def connected(self) -> bool:
        return self.holder is not None

    def tell(self, event: str, data: Any) -> None:
        """Put one event behind the others; it goes out when there is a connection."""
        self.log.append({"op": 0, "t": event, "s": len(self.log) + 1, "d": data})
        self.news.set()

    def hears(self, guild_id: int | None) -> bool:
        """Whether events of a guild, or of no guild, come to its shard."""
        number, count = self.shard
        return (0 if guild_id is None else (guild_id >> 22) % count) == number
