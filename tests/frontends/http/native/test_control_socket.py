from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import stat
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.waiting import until

from config.settings import HttpSettings
from frontends.contract import Misconfigured
from frontends.http.native import socket_file
from frontends.http.native.server import NativeHttp


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_only_the_owner_may_connect_unless_told_otherwise(client: httpx.AsyncClient, socket_path: Path) -> None:
    assert (mode(socket_path), mode(socket_path.parent)) == (0o600, 0o700)


def test_a_mode_for_a_group_lets_the_group_through_the_directory(tmp_path: Path) -> None:
    path = tmp_path / "run" / "control.sock"
    socket_file.listen(path, 0o660).close()
    assert (mode(path), mode(path.parent)) == (0o660, 0o710)


def test_the_socket_file_of_a_dead_daemon_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    socket_file.listen(path, 0o600).close()
    with pytest.raises(ConnectionRefusedError), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
    listener = socket_file.listen(path, 0o600)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
    listener.close()


def test_a_directory_of_somebody_else_is_left_as_it_is_and_gives_the_socket_its_group(tmp_path: Path) -> None:
    """As systemd-tmpfiles makes it for the operators: the set-group-ID bit hands its group on."""
    shared = tmp_path / "shared"
    shared.mkdir()
    os.chmod(shared, 0o2750)
    path = shared / "control.sock"
    socket_file.listen(path, 0o660, own_directory=False).close()
    assert (mode(path), mode(shared)) == (0o660, 0o2750)
    assert path.stat().st_gid == shared.stat().st_gid


def test_a_socket_that_another_daemon_serves_is_not_taken_from_it(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    listener = socket_file.listen(path, 0o600)
    with pytest.raises(Misconfigured, match="another daemon listens"):
        socket_file.listen(path, 0o600, own_directory=False)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
    listener.close()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["a full backlog", "another protocol"])
def test_a_socket_that_does_not_say_that_nobody_is_there_is_left(tmp_path: Path, kind: socket.SocketKind) -> None:
    """Its owner is busy, or speaks another language: both are alive."""
    path = tmp_path / "control.sock"
    with ExitStack() as held:
        owner = held.enter_context(socket.socket(socket.AF_UNIX, kind))
        owner.bind(str(path))
        if kind == socket.SOCK_STREAM:
            owner.listen(0)
            caller = held.enter_context(socket.socket(socket.AF_UNIX))
            caller.connect(str(path))
        with pytest.raises(Misconfigured, match="may be in use") as refused:
            socket_file.listen(path, 0o600, own_directory=False)
        assert refused.value.hint
        assert path.exists()


def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "thesis.odt"
    path.write_text("years of work")
    with pytest.raises(Misconfigured, match="is no socket"):
        socket_file.listen(path, 0o600, own_directory=False)
    assert path.read_text() == "years of work"


def test_a_path_too_long_for_a_socket_is_said_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="longer than 107 bytes") as caught:
        socket_file.listen(tmp_path / ("x" * 120) / "control.sock", 0o600)
    assert caught.value.hint


def test_a_socket_file_is_taken_away_only_by_whom_it_belongs_to(socket_path: Path) -> None:
    socket_file.listen(socket_path, 0o600).close()
    inode = socket_path.stat().st_ino
    socket_file.remove(socket_path, inode + 1)
    assert socket_path.exists()
    socket_file.remove(socket_path, inode)
    assert not socket_path.exists()


async def test_the_signal_handlers_stay_those_of_the_daemon(client: httpx.AsyncClient) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert (await client.get("/v1/status")).status_code == 200
    assert signal.getsignal(signal.SIGTERM) is before
    assert getattr(before, "__name__", "") != "handle_exit"


async def test_a_large_body_does_not_hold_up_other_callers(service: Any, client: httpx.AsyncClient) -> None:
    picture = base64.b64encode(b"x" * 2_900_000).decode()
    sending = [
        asyncio.ensure_future(client.post("/v1/jobs", json={"prompt": "x", "image_base64": picture})) for _ in range(5)
    ]
    slowest = 0.0
    while not all(each.done() for each in sending):
        began = time.monotonic()
        assert (await client.get("/v1/status")).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
    assert [each.result().status_code for each in sending] == [201] * 5
    assert slowest < 3


async def test_it_stops_although_a_stream_is_open(service: Any, socket_path: Path, front_end: NativeHttp) -> None:
    transport = httpx.AsyncHTTPTransport(uds=str(socket_path))
    client = httpx.AsyncClient(transport=transport, base_url="http://x")
    async with client, client.stream("GET", "/v1/events") as answer:
        assert answer.status_code == 200
        service.bus.close()
        assert [line async for line in answer.aiter_lines()] == []


async def test_the_file_is_gone_when_it_has_stopped(service: Any, socket_path: Path) -> None:
    serving = asyncio.ensure_future(NativeHttp(service, socket_path, HttpSettings()).run())
    await until(socket_path.exists, "it listens")
    serving.cancel()
    await asyncio.wait((serving,))
    await until(lambda: not socket_path.exists(), "the file is gone", seconds=0)
