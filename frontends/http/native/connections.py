"""How many connections there may be, and how long one may do nothing: a daemon runs out of descriptors first."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MAX_CONNECTIONS = 400
"""A process may usually have 1,024 descriptors; the database, the folders and the engine need theirs."""
HEAD_SECONDS = 30.0
"""From the connection, or the first byte of a request, to the end of its head."""
READ_SECONDS = 60.0
"""A caller that takes nothing of its answer for so long is let go; one that takes a little at a time is not."""


class BoundedConnection(H11Protocol):
    """One connection. Where there are too many, the one that has been idle longest makes room."""

    _idle_since = 0.0
    _for_head: asyncio.TimerHandle | None = None
    _for_reader: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """No request is being answered, and the last answer has been taken."""
        begun = cast(RequestResponseCycle | None, self.cycle)
        return (begun is None or begun.response_complete) and not self.flow.write_paused

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room if there is none, and wait for a request for a while."""
        if len(self.connections) >= MAX_CONNECTIONS and not self._make_room():
            transport.abort()
            self.transport = transport
            return
        super().connection_made(transport)
        # Paused is then the same as "not all of it is taken": an answer is whole when writing is not paused.
        transport.set_write_buffer_limits(high=0)
        self._idle_since = self.loop.time()
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """A request goes on or begins; a head that never ends is not waited for."""
        if self not in self.connections:
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting_for_head()
        elif self.idle and self._for_head is None:
            self._wait_for_head()

    def on_response_complete(self) -> None:
        """Idle from now on."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The caller has not taken all of it yet."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """It has."""
        super().resume_writing()
        self._stop_waiting_for_reader()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over; no clock of this connection may keep it."""
        self._stop_waiting_for_head()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # left running by uvicorn when the connection broke

    def _make_room(self) -> bool:
        others = [cast(BoundedConnection, each) for each in self.connections]
        idle = [each for each in others if each.idle and not each.transport.is_closing()]
        if not idle:
            return False
        oldest = min(idle, key=lambda each: each._idle_since)
        oldest.transport.abort()
        self.connections.discard(oldest)
        return True

    def _wait_for_head(self) -> None:
        self._stop_waiting_for_head()
        self._for_head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _wait_for_reader(self) -> None:
        self._stop_waiting_for_reader()
        left = self.transport.get_write_buffer_size()
        self._for_reader = self.loop.call_later(READ_SECONDS, self._look_at_reader, left)

    def _look_at_reader(self, left: int) -> None:
        if self.transport.get_write_buffer_size() < left:
            self._wait_for_reader()
        else:
            self.transport.abort()

    def _stop_waiting_for_head(self) -> None:
        if self._for_head is not None:
            self._for_head.cancel()
            self._for_head = None

    def _stop_waiting_for_reader(self) -> None:
        if self._for_reader is not None:
            self._for_reader.cancel()
            self._for_reader = None
