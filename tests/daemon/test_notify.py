"""Datagrams to a real notify socket."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.notify import MAX_STATUS_CHARACTERS, Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@mezzotint-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + name[1:] if name.startswith("@") else name)
        channel.settimeout(5)
        yield name, channel


def test_each_word_is_one_datagram(manager: tuple[str, socket.socket]) -> None:
    name, channel = manager
    notifier = Notifier({"NOTIFY_SOCKET": name})
    notifier.ready()
    notifier.status("2 running / 3 queued")
    notifier.stopping(20)
    assert [channel.recv(4096) for _ in range(3)] == [
        b"READY=1",
        b"STATUS=2 running / 3 queued",
        b"STOPPING=1\nEXTEND_TIMEOUT_USEC=20000000",
    ]


def test_a_status_is_sent_when_it_changes_on_one_bounded_line(manager: tuple[str, socket.socket]) -> None:
    name, channel = manager
    notifier = Notifier({"NOTIFY_SOCKET": name})
    notifier.status("one\nREADY=1")
    notifier.status("one\nREADY=1")
    notifier.status("x" * 10_000)
    assert channel.recv(4096) == b"STATUS=one READY=1"
    assert channel.recv(4096) == b"STATUS=" + b"x" * MAX_STATUS_CHARACTERS
    channel.setblocking(False)
    with pytest.raises(BlockingIOError):
        channel.recv(4096)


def test_no_child_inherits_the_socket() -> None:
    environ = {"NOTIFY_SOCKET": "/run/systemd/notify", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/"}
    assert Notifier(environ).wanted
    assert environ == {"HOME": "/"}


def test_without_a_manager_or_with_a_gone_one_nothing_happens(tmp_path: Path) -> None:
    silent = Notifier({})
    silent.ready()
    assert not silent.wanted
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
