"""An engine as the dispatcher sees it, wherever it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from config.errors import RetryableError
from pipeline.messages import Ready, ToDaemon, ToEngine


class EngineGoneError(RetryableError):
    """The engine is gone."""


class RunningEngine(Protocol):
    """One engine that said it is ready. After :class:`EngineGoneError` it is of no use."""

    @property
    def pid(self) -> int | None:
        """Its process on this machine, if it has one here."""

    @property
    def ready(self) -> Ready:
        """What it said about itself."""

    @property
    def unread_bytes(self) -> int:
        """What was sent and it has not taken yet."""

    @property
    def ended(self) -> bool:
        """Its process is gone. One that a driver holds in the kernel may be killed and still be there."""

    async def send(self, messages: Sequence[ToEngine]) -> None:
        """Send messages in one piece, without waiting for it to take them: a hung engine must hold up nobody.

        A dead engine is noticed by :meth:`receive`, not here.
        """

    async def receive(self) -> Sequence[ToDaemon]:
        """The next messages; raises :class:`EngineGoneError`, which says in plain words how it ended."""

    def kill(self) -> None:
        """End it now, whatever it is doing. :meth:`receive` then tells that it is gone, within seconds."""

    async def close(self, grace_seconds: float) -> None:
        """Ask it to stop, kill it after the grace, and wait until it is gone, a few seconds at most. Never raises."""


StartEngine = Callable[[], Awaitable[RunningEngine]]
"""Starts an engine and waits until it is ready; raises :class:`EngineGoneError` when it did not come up."""
