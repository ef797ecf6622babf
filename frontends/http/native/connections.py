"""How many connections there may be, and how long one may do nothing: descriptors are what a daemon runs out of first."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MAX_CONNECTIONS = 400
"""A process may usually have 1,024 descriptors; the database, the folders and the engine need theirs."""
HEAD_SECONDS = 30.0
"""From the connection, or the first byte of a request, to the end of its head."""
READ_SECONDS = 60.0
"""A caller that takes nothing of its answer for so long is let go."""


class BoundedConnection(H11Protocol):
    """One connection. Where there are too many, the one that has been idle longest makes room."""

    _idle_since = 0.0
    _timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """No request is being answered."""
        begun = cast(RequestResponseCycle | None, self.cycle)
        return begun is None or begun.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room if there is none, and wait for a request for a while."""
        if len(self.connections) >= MAX_CONNECTIONS and not self._make_room():
            transport.abort()
            self.transport = transport
            return
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._wait(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """A request goes on or begins; a head that never ends is not waited for."""
        if self not in self.connections:
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif self.idle and self._timer is None:
            self._wait(HEAD_SECONDS)

    def on_response_complete(self) -> None:
        """Idle from now on."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The caller takes nothing."""
        super().pause_writing()
        self._wait(READ_SECONDS)

    def resume_writing(self) -> None:
        """It takes again."""
        super().resume_writing()
        self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over."""
        self._stop_waiting()
        if self in self.connections:
            super().connection_lost(exc)

    def _make_room(self) -> bool:
        others = [cast(BoundedConnection, each) for each in self.connections]
        idle = [each for each in others if each.idle and not each.transport.is_closing()]
        if not idle:
            return False
        oldest = min(idle, key=lambda each: each._idle_since)
        oldest.transport.abort()
        self.connections.discard(oldest)
        return True

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
