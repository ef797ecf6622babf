"""Tells the service manager that the daemon is alive, but only while everything that must move does.

Three signs are asked for before each ping: the event loop (which runs this), the dispatcher's own loop, and the thread
that writes the database. A hung engine is no reason to end the daemon: the dispatcher kills it by its own deadline. Nor
is a full or failing disk: the writer that says so is alive, and a restart would not mend the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from config.errors import RetryableError
from daemon.heartbeat import Heartbeat
from daemon.notify import Notifier
from storage.database import Database

PINGS = 3
"""In one interval: two may get lost."""

Sign = Callable[[float], Awaitable[str | None]]
"""Takes how many seconds of silence are allowed; returns why the part counts as hung, or None."""

log = structlog.get_logger(__name__)


async def watch(notifier: Notifier, seconds: float, *signs: Sign) -> None:
    """Ping until cancelled. ``seconds`` is the interval after which the manager ends a silent daemon."""
    withheld = False
    while True:
        hung = await _hung(signs, seconds / 2)
        if not hung:
            notifier.alive()
        elif not withheld:
            log.error("watchdog_withheld", why="; ".join(hung), ends_within_seconds=seconds)
        withheld = bool(hung)
        await asyncio.sleep(seconds / PINGS)


async def _hung(signs: tuple[Sign, ...], allowed_seconds: float) -> list[str]:
    found = await asyncio.gather(*(sign(allowed_seconds) for sign in signs))
    return [why for why in found if why is not None]


def of_loop(name: str, heartbeat: Heartbeat) -> Sign:
    """The loop that beats this."""

    async def sign(allowed_seconds: float) -> str | None:
        silent = heartbeat.silent_seconds
        return f"the {name} has not come round for {silent:.0f} s" if silent > allowed_seconds else None

    return sign


def of_writer(database: Database) -> Sign:
    """The thread that writes: a transaction without content goes all the way through it and needs no disk."""

    async def sign(allowed_seconds: float) -> str | None:
        try:
            async with asyncio.timeout(allowed_seconds):
                await database.write(lambda _: None)
        except RetryableError:
            return None
        except TimeoutError:
            return f"the database has not answered for {allowed_seconds:.0f} s"
        return None

    return sign
