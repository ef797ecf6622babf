"""The websocket through which the client hears what happens: version 10, JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web
from support.fake_discord.clock import Clock
from support.fake_discord.compression import Stream, stream
from support.fake_discord.gateway_faults import GatewayFaults
from support.fake_discord.sessions import KNOWN, PRIVILEGED, Data, Session

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, MEMBERS, INVALID, HELLO, ACK = 7, 8, 9, 10, 11
SESSION_SECONDS = 180.0
"""How long a session waits for its client to come back."""
MOST_BYTES, MOST_A_MINUTE = 4096, 120
Greet = Callable[[Session], None]


class Gateway:
    """Every connection and every session."""

    def __init__(self, clock: Clock, token: Callable[[], str], greet: Greet) -> None:
        self.heartbeat_seconds = 41.25
        self.allowed_intents = KNOWN & ~PRIVILEGED
        """What the application may ask for; tests that need a privileged intent add it."""
        self.identifies = 0
        self.resumes = 0
        self.presences: list[dict[str, Any]] = []
        self.closed_with: list[int] = []
        """The codes that the gateway has closed connections with."""
        self.violations: list[str] = []
        """What a client has done against the protocol."""
        self.faults = GatewayFaults()
        self.sessions: dict[str, Session] = {}
        self._clock = clock
        self._token = token
        self._greet = greet
        self._connections: set[Connection] = set()

    def dispatch(self, event: str, data: Data | Any, *, guild_id: int | None = None, intent: int = 0) -> None:
        """Tell every session that asked for such events; ``data`` may depend on the session."""
        for session in self.sessions.values():
            if session.alive and session.hears(guild_id) and session.intents & intent == intent:
                told = data(session) if callable(data) else data
                session.tell(event, told)
                for _ in range(self.faults.repeats(event)):
                    session.tell(event, told)

    @property
    def online(self) -> list[Session]:
        """Sessions with a connection now."""
        return [each for each in self.sessions.values() if each.connected]

    async def drop(self, code: int | None = None) -> None:
        """Break every connection, without a word or with a close code."""
        for each in list(self._connections):
            await each.end(code)

    async def reconnect(self) -> None:
        """Ask every client to come back (op 7)."""
        for each in list(self._connections):
            await each.send({"op": RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Declare every session invalid (op 9)."""
        for each in list(self._connections):
            if each.session and not resumable:
                each.session.alive = False
            await each.send({"op": INVALID, "d": resumable})

    async def ask_for_heartbeat(self) -> None:
        for each in list(self._connections):
            await each.send({"op": HEARTBEAT, "d": None})

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its first byte to its last."""
        if self.faults.refuses_connection():
            return web.Response(status=503, text="no")
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        packed = stream(request.query.get("compress"))
        connection = Connection(self, socket, request, packed)
        if request.query.get("v") != "10" or request.query.get("encoding") != "json" or packed is None:
            self.violations.append(f"the client asked for {request.query_string}")
            await connection.end(4012)
            return socket
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
        return socket

    def identify(self, data: dict[str, Any]) -> Session | int:
        """A new session, or the code of refusal."""
        self.identifies += 1
        if data.get("token") != self._token():
            return 4004
        shard = tuple(data.get("shard") or (0, 1))
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return 4010
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~KNOWN:
            return 4013
        if intents & ~self.allowed_intents:
            return 4014
        session = Session(secrets.token_hex(16), intents, (shard[0], shard[1]))
        self.sessions[session.id] = session
        self._greet(session)
        return session

    def resume(self, data: dict[str, Any]) -> Session | int | None:
        """The session to go on with, the code of refusal, or nothing when it is gone."""
        self.resumes += 1
        if data.get("token") != self._token():
            return 4004
        session = self.sessions.get(data.get("session_id", ""))
        if session is None or not session.alive or self.faults.refuses_resume():
            return None
        if session.left_at is not None and self._clock.now() - session.left_at > SESSION_SECONDS:
            session.alive = False
            return None
        if not isinstance(data.get("seq"), int) or not 0 <= data["seq"] <= len(session.log):
            return 4007
        return session

    def left(self, session: Session, holder: object, code: int | None) -> None:
        """A connection is over; with 1000 or 1001 the client has given its session up."""
        if session.holder is not holder:
            return
        session.holder = None
        session.left_at = self._clock.now()
        if code in (1000, 1001):
            session.alive = False


class Connection:
    """One websocket."""

    def __init__(
        self, gateway: Gateway, socket: web.WebSocketResponse, request: web.Request, packed: Stream | None
    ) -> None:
        self.session: Session | None = None
        self._gateway = gateway
        self._socket = socket
        self._request = request
        self._packed = packed
        self._sent = 0
        self._received: list[float] = []
        self._heard_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Greet, listen, and answer until either side ends it."""
        interval = self._gateway.heartbeat_seconds
        await self.send({"op": HELLO, "d": {"heartbeat_interval": int(interval * 1000), "_trace": []}})
        self._heard_at = asyncio.get_running_loop().time()
        self._tasks.append(asyncio.create_task(self._watch(interval)))
        try:
            async for message in self._socket:
                if message.type is not WSMsgType.TEXT or len(message.data.encode()) > MOST_BYTES:
                    return await self._wrong(4002, "a frame that is no text or too long")
                if not await self._hear(message.data):
                    return None
        finally:
            for task in self._tasks:
                task.cancel()
            if self.session is not None:
                self._gateway.left(self.session, self, self._socket.close_code)
        return None

    async def send(self, payload: dict[str, Any]) -> None:
        """One message, if the line still stands."""
        if self._socket.closed or self._packed is None:
            return
        frame = self._packed.frame(json.dumps({"t": None, "s": None, **payload}))
        with contextlib.suppress(ConnectionError, RuntimeError):
            await (self._socket.send_str(frame) if isinstance(frame, str) else self._socket.send_bytes(frame))

    async def end(self, code: int | None) -> None:
        """Close with a code, or break the line."""
        if self.session is not None:
            self._gateway.left(self.session, self, code)
        if code is None:
            if self._request.transport is not None:
                self._request.transport.abort()
            return
        self._gateway.closed_with.append(code)
        await self._socket.close(code=code)

    async def _wrong(self, code: int, what: str) -> None:
        self._gateway.violations.append(f"{code}: {what}")
        await self.end(code)

    async def _hear(self, text: str) -> bool:
        """React to one message; false when the connection is over."""
        now = asyncio.get_running_loop().time()
        self._received = [at for at in self._received if now - at < 60] + [now]
        if len(self._received) > MOST_A_MINUTE:
            await self._wrong(4008, "more than 120 messages in a minute")
            return False
        try:
            payload = json.loads(text)
            operation, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError):
            await self._wrong(4002, text)
            return False
        if operation == HEARTBEAT:
            self._heard_at = now
            if not self._gateway.faults.is_deaf():
                await self.send({"op": ACK, "d": None})
            return True
        if operation in (IDENTIFY, RESUME):
            if self.session is not None:
                await self._wrong(4005, "identified twice")
                return False
            return await (self._identify(data) if operation == IDENTIFY else self._resume(data))
        if self.session is None:
            await self._wrong(4003, f"op {operation} before IDENTIFY")
            return False
        if operation == PRESENCE:
            self._gateway.presences.append(data)
        elif operation == MEMBERS:
            self._gateway.violations.append("asked for the members of a guild")
        elif operation != VOICE:
            await self._wrong(4001, f"op {operation}")
            return False
        return True

    async def _identify(self, data: Any) -> bool:
        if self._gateway.faults.refuses_identify():
            await self.send({"op": INVALID, "d": False})
            return True
        found = self._gateway.identify(data if isinstance(data, dict) else {})
        if isinstance(found, int):
            await self.end(found)
            return False
        self._go(found, 0)
        return True

    async def _resume(self, data: Any) -> bool:
        found = self._gateway.resume(data if isinstance(data, dict) else {})
        if isinstance(found, int):
            await self.end(found)
            return False
        if found is None:
            await self.send({"op": INVALID, "d": False})
            return True
        found.resumed += 1
        found.tell("RESUMED", {"_trace": []})
        self._go(found, data["seq"])
        return True

    def _go(self, session: Session, sent: int) -> None:
        self.session, self._sent = session, sent
        session.holder = self
        session.news.set()
        self._tasks.append(asyncio.create_task(self._write(session)))

    async def _write(self, session: Session) -> None:
        """Send what the session has been told, in its order."""
        while session.holder is self:
            await session.news.wait()
            session.news.clear()
            while self._sent < len(session.log) and session.holder is self:
                event = session.log[self._sent]
                await self._gateway.faults.hold(event["t"])
                self._sent += 1
                await self.send(event)
                if self._gateway.faults.drops_after(event["t"]):
                    await self.end(None)
                    return

    async def _watch(self, interval: float) -> None:
        """End the connection of a client that no longer sends heartbeats."""
        while True:
            await asyncio.sleep(interval / 4)
            if asyncio.get_running_loop().time() - self._heard_at > 2 * interval:
                await self.end(4009)
                return
