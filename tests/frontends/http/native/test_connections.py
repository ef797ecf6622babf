"""What a connection may keep of the daemon, and for how long: seen from a caller on a real socket."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from support.waiting import until

from frontends.http.native import connections, socket_file
from frontends.http.native.bounds import BODIES
from frontends.http.native.connections import BoundedConnection

ASKED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = 4_000_000
"""More than a socket takes by itself."""
Say = Callable[[bytes], Awaitable[socket.socket]]


@asynccontextmanager
async def _served(path: Path, size: int) -> AsyncIterator[tuple[Say, list[weakref.ref[BoundedConnection]]]]:
    """Answers of so many bytes; gives what connects and speaks, and references to all connections ever made."""
    made: list[weakref.ref[BoundedConnection]] = []

    class Watched(BoundedConnection):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            made.append(weakref.ref(self))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        await send({"type": "http.response.body", "body": bytes(size)})

    async def say(said: bytes) -> socket.socket:
        caller = socket.socket(socket.AF_UNIX)
        caller.setblocking(False)
        await asyncio.get_running_loop().sock_connect(caller, str(path))
        callers.append(caller)
        await asyncio.get_running_loop().sock_sendall(caller, said)
        return caller

    callers: list[socket.socket] = []
    config = uvicorn.Config(app, http=Watched, lifespan="off", log_config=None, timeout_keep_alive=3600)
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    listener = socket_file.listen(path, 0o600)
    server = await loop.create_unix_server(lambda: Watched(config, state, {}, loop), sock=listener)
    try:
        yield say, made
    finally:
        for caller in callers:
            caller.close()
        server.close()


async def _read(caller: socket.socket, seconds: float = 5.0) -> bytes:
    """What comes next; empty when the other side has hung up."""
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(caller, 262_144), seconds)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("said", [b"", ASKED[:-2]], ids=["nothing", "half a head"])
async def test_a_head_that_never_ends_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    async with _served(tmp_path / "s", 1) as (say, _):
        assert await _read(await say(said)) == b""


async def test_a_caller_that_takes_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READ_SECONDS", 0.1)
    async with _served(tmp_path / "s", LARGE) as (say, made):
        caller = await say(ASKED)
        await until(lambda: _is_gone(made), "it is let go")
        taken = 0
        while piece := await _read(caller):
            taken += len(piece)
        assert taken < LARGE


async def test_a_slow_caller_that_goes_on_taking_gets_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In all it takes several times as long as one that takes nothing may."""
    monkeypatch.setattr(connections, "READ_SECONDS", 0.2)
    async with _served(tmp_path / "s", LARGE) as (say, _):
        caller = await say(ASKED)
        taken = 0
        while taken < LARGE:
            piece = await _read(caller)
            assert piece, f"cut off after {taken} bytes"
            taken += len(piece)
            await asyncio.sleep(0.05)


async def test_a_second_request_does_not_set_the_bound_on_the_first_answer_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "READ_SECONDS", 0.2)
    async with _served(tmp_path / "s", LARGE) as (say, made):
        caller = await say(ASKED)
        await until(lambda: _is_paused(made), "its answer is not taken")
        await asyncio.get_running_loop().sock_sendall(caller, ASKED)
        await until(lambda: _is_gone(made), "it is let go")


async def test_the_longest_idle_makes_room_and_nothing_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that made room, answered and kept alive, is gone from memory, too: no clock of an hour holds it."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    async with _served(tmp_path / "s", 1) as (say, made):
        first, second = await say(ASKED), await say(ASKED)
        assert (await _read(first)).startswith(b"HTTP/1.1 200")
        assert (await _read(second)).startswith(b"HTTP/1.1 200")
        third = await say(ASKED)
        assert (await _read(third)).startswith(b"HTTP/1.1 200")
        assert await _read(first) == b""
        await until(lambda: gc.collect() is not None and made[0]() is None, "the first is gone from memory")
        assert made[1]() is not None


async def test_a_broken_connection_is_gone_from_memory(tmp_path: Path) -> None:
    async with _served(tmp_path / "s", 1) as (say, made):
        caller = await say(ASKED)
        assert (await _read(caller)).startswith(b"HTTP/1.1 200")
        connection = made[0]()
        assert connection is not None
        connection.connection_lost(ConnectionResetError())
        assert connection.timeout_keep_alive_task is None


async def test_an_answer_that_is_being_taken_is_not_cut_off_to_make_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)
    async with _served(tmp_path / "s", LARGE) as (say, made):
        caller = await say(ASKED)
        await until(lambda: _is_paused(made), "its answer is under way")
        assert await _read(await say(b"")) == b""
        taken = 0
        while taken < LARGE:
            piece = await _read(caller)
            assert piece, f"cut off after {taken} bytes"
            taken += len(piece)


async def test_bodies_beyond_what_is_held_are_asked_for_again_later(front_end: Any, socket_path: Path) -> None:
    """Each a little shorter than may be, and none ends: when more are under way than are held, one is told to wait."""
    size = 3_900_000
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {size + 1}\r\n\r\n"
    callers = [await asyncio.open_unix_connection(str(socket_path)) for _ in range(BODIES + 1)]

    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + bytes(size))
        await writer.drain()

    speaking = [asyncio.ensure_future(speak(writer)) for _, writer in callers]
    reading = [asyncio.ensure_future(reader.readuntil(b"\r\n\r\n")) for reader, _ in callers]
    done, others = await asyncio.wait(reading, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    assert done, "nobody was told to wait"
    told = done.pop()
    assert told.result().startswith(b"HTTP/1.1 503")
    assert b"retry-after: 2" in told.result()
    error = json.loads(await callers[reading.index(told)][0].readuntil(b"}}"))["error"]
    assert error["kind"] == "retryable"
    for task in (*speaking, *others):
        task.cancel()
    for _, writer in callers:
        writer.close()


def _is_gone(made: list[weakref.ref[BoundedConnection]]) -> bool:
    connection = made[0]() if made else None
    return bool(made) and (connection is None or connection.transport.is_closing())


def _is_paused(made: list[weakref.ref[BoundedConnection]]) -> bool:
    connection = made[0]() if made else None
    return connection is not None and connection.flow.write_paused
