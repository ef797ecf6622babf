"""Tells the service manager that the daemon is alive, but only while everything that must move does.

Three signs are looked at before each ping: the event loop (which runs this), the dispatcher's own loop, and the thread
that writes the database. A hung engine is no reason to end the daemon: the dispatcher kills it by its own deadline. Nor
is a full or failing disk: the writer that says so is alive, and a restart would not mend the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog

from config.errors import MezzotintError
from daemon.heartbeat import Heartbeat
from daemon.notify import Notifier
from storage.database import Database

LOOKS = 6
"""In one interval: the pings of some may get lost, and a part that moves again is soon told of."""

Sign = Callable[[float], str | None]
"""Takes how many seconds of silence are allowed; returns at once why the part counts as hung, or None."""

log = structlog.get_logger(__name__)


async def watch(notifier: Notifier, seconds: float, *signs: Sign) -> None:
    """Ping until cancelled. ``seconds`` is the interval after which the manager ends a silent daemon: a part may be
    silent for half of it."""
    withheld = False
    while True:
        hung = [why for sign in signs if (why := sign(seconds / 2)) is not None]
        if not hung:
            notifier.alive()
        elif not withheld:
            log.error("watchdog_withheld", why="; ".join(hung), ends_within_seconds=seconds)
        withheld = bool(hung)
        await asyncio.sleep(seconds / LOOKS)


def of_loop(name: str, heartbeat: Heartbeat) -> Sign:
    """The loop that beats this."""

    def sign(allowed_seconds: float) -> str | None:
        silent = heartbeat.silent_seconds
        return f"the {name} has not come round for {silent:.0f} s" if silent > allowed_seconds else None

    return sign


def of_writer(database: Database) -> Sign:
    """The thread that writes: a transaction without content goes all the way through it and needs no disk.

    One is on its way at a time. Any answer will do: the thread that says that the disk is full is alive.
    """
    answered = Heartbeat()
    asked: asyncio.Future[Any] | None = None

    async def ask() -> None:
        with contextlib.suppress(MezzotintError):
            await database.write(lambda _: None)
        answered.beat()

    def sign(allowed_seconds: float) -> str | None:
        nonlocal asked
        if asked is None or asked.done():
            answered.beat()
            asked = asyncio.ensure_future(ask())
        silent = answered.silent_seconds
        return f"the database has not answered for {silent:.0f} s" if silent > allowed_seconds else None

    return sign
