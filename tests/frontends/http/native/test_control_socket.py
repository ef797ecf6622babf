from __future__ import annotations

import asyncio
import base64
import grp
import os
import signal
import socket
import stat
import time
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
    assert slowest < 1.0


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


def test_a_group_that_does_not_exist_is_said_so_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "run" / "control.sock"
    with pytest.raises(Misconfigured, match="no group 'nobody-knows-it'") as caught:
        socket_file.listen(path, 0o660, group="nobody-knows-it")
    assert caught.value.field == "http.socket_group"
    assert not path.parent.exists()


def test_a_group_of_ones_own_gets_the_socket(socket_path: Path) -> None:
    name = grp.getgrgid(os.getegid()).gr_name
    socket_file.listen(socket_path, 0o660, group=name).close()
    assert (socket_path.stat().st_gid, socket_path.stat().st_mode & 0o777) == (os.getegid(), 0o660)


def test_a_group_that_may_not_be_given_is_said_so_and_leaves_no_socket(
    socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the kernel answers a user who is no member of the group."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket_file.grp, "getgrnam", lambda _: grp.struct_group(("other", "x", 54_321, [])))
    monkeypatch.setattr(os, "chown", refused)
    with pytest.raises(Misconfigured, match="can't be given to the group other"):
        socket_file.listen(socket_path, 0o660, group="other")
    assert not socket_path.exists()


def test_a_directory_that_the_operator_chose_keeps_its_rights_and_gives_its_group(tmp_path: Path) -> None:
    directory = tmp_path / "placed"
    directory.mkdir()
    if os.geteuid() == 0:
        os.chown(directory, -1, 54_321)
    directory.chmod(0o2750)
    path = directory / "control.sock"
    socket_file.listen(path, 0o660, placed=True).close()
    assert directory.stat().st_mode & 0o7777 == 0o2750
    assert path.stat().st_gid == directory.stat().st_gid


def test_a_directory_that_can_not_be_made_is_a_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="can't make the control socket"):
        socket_file.listen(tmp_path / "file" / "run" / "control.sock", 0o660, placed=True)
