"""What every front end looks like to the daemon, and the three ways its set-up can fail."""

from __future__ import annotations

import asyncio
from typing import Protocol

from config.errors import FatalError, RetryableError, UserError


class Misconfigured(UserError):
    """The front end's settings can't work: said in status, not tried again."""


class NotReachable(RetryableError):
    """What the front end needs is not there yet: tried again, ever less often."""


class BadCredentials(FatalError):
    """The other side refuses us: this front end stops, the others go on."""


class FrontEnd(Protocol):
    """A way to reach the service: it is given :class:`daemon.service.Service` and knows nothing else of ours."""

    @property
    def name(self) -> str:
        """Short and unique: ``http``, ``folder``; the ``source`` of the jobs it brings."""

    @property
    def started(self) -> asyncio.Event:
        """Set once it serves (socket bound, folders seen); the daemon calls itself ready after that."""

    async def run(self) -> None:
        """Serve until cancelled.

        Raises :class:`Misconfigured`, :class:`NotReachable` or :class:`BadCredentials` when it can't; anything
        else is a defect: it is logged and the front end is started again, ever less often.
        """

    def status(self) -> str:
        """What it does now, in a few words without user text."""
