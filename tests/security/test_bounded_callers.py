"""However many callers there are, however slowly they speak and however much they send: the daemon answers others."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.live_daemon import LiveDaemon
from support.processes import usage

from frontends.http.native.bounds import _Body


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    live = LiveDaemon(tmp_path_factory.mktemp("callers") / "state", {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001"})
    live.start()
    yield live
    live.stop()


def _connected(daemon: LiveDaemon, said: bytes = b"") -> socket.socket:
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    caller.settimeout(30)
    caller.connect(str(daemon.socket))
    if said:
        caller.sendall(said)
    return caller


@pytest.mark.slow
@pytest.mark.parametrize("said", [b"", b"GET /v1/status HTTP/1.1\r\nHost: a\r\n"], ids=["silent", "half a head"])
def test_a_thousand_idle_callers_do_not_stop_the_daemon(daemon: LiveDaemon, said: bytes) -> None:
    """The longest idle make room; descriptors are given back; a job that was accepted is drawn."""
    before = usage(daemon.pid).descriptors
    with ExitStack() as held:
        for number in range(1_000):
            held.enter_context(_connected(daemon, said))
            if number % 250 == 0:
                daemon.status()
        job = daemon.submit("a plum", steps=1, width=64, height=64)
        assert daemon.wait(job)[0]["state"] == "done"
        assert usage(daemon.pid).descriptors < before + 450
    daemon.until(lambda: usage(daemon.pid).descriptors <= before + 5, 30, "descriptors are given back")


ACCEPTED = b"HTTP/1.1 201"
HEAD = "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


def test_an_accepted_job_is_not_lost_with_its_caller(daemon: LiveDaemon) -> None:
    body = json.dumps({"prompt": "left alone", "steps": 1, "width": 64, "height": 64, "key": "left"}).encode()
    with _connected(daemon, HEAD.format(len(body)).encode() + body) as caller:
        assert caller.recv(len(ACCEPTED)) == ACCEPTED
    (job,) = [job for job in daemon.jobs() if job["request"]["prompt"] == "left alone"]
    assert daemon.wait(job["id"])[0]["state"] == "done"


@pytest.mark.parametrize(
    ("request_", "codes"),
    [
        (b"GET /v1/status HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", (431,)),
        (b"GET /v1/status HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 50_000 + b"\r\n", (400, 431)),
        (b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", (431,)),
        (HEAD.format(10**12).encode(), (413,)),
        (HEAD.format("-1").encode(), (400,)),
        (b"\x16\x03\x01" + bytes(200), (400,)),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 404)),
    ],
    ids=["long header", "many headers", "long address", "announced terabyte", "negative", "tls", "http2"],
)
def test_heads_beyond_the_bounds_are_refused(daemon: LiveDaemon, request_: bytes, codes: tuple[int, ...]) -> None:
    with _connected(daemon) as caller:
        try:
            caller.sendall(request_)
            answer = caller.recv(4096)
        except ConnectionError:
            answer = b""  # it hung up while we still spoke
    assert not answer or int(answer.split()[1]) in codes, answer[:200]
    assert daemon.status()["daemon"]["pid"] == daemon.pid


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"prompt": "a", "x": [' + "[]," * 100_000 + "[]]}",
        '{"prompt": "a", "steps": NaN}',
        '{"prompt": "a", "steps": ' + "9" * 100_000 + "}",
        '{"prompt": "' + "a" * 1_000_000 + '"}',
        '{"prompt": "a", "' + "k" * 1_000_000 + '": 1}',
        "null",
        '"a"',
        '{"prompt": "\\ud800"}',
        "\ufeff{}",
    ],
    ids=range(10),
)
def test_bodies_beyond_the_bounds_are_refused_shortly(daemon: LiveDaemon, body: str) -> None:
    data = body.encode()
    with _connected(daemon, HEAD.format(len(data)).encode() + data) as caller:
        answer = caller.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400"), answer[:300]
    assert len(answer) < 3_000


def test_lists_of_ids_and_limits_are_bounded(daemon: LiveDaemon) -> None:
    with daemon.connection() as connection:
        for path in (
            "/v1/jobs?" + "&".join(["id=abcdefgh"] * 501),
            "/v1/jobs?limit=0",
            "/v1/jobs?limit=-1",
            "/v1/jobs?limit=x",
            "/v1/jobs?limit=" + "9" * 5000,
            "/v1/jobs?state=%00",
        ):
            status, answer = connection.call("GET", path)
            assert status == 400, (path[:60], answer)
        assert connection.call("GET", "/v1/jobs?limit=" + "9" * 30)[0] in (200, 400)


async def test_a_body_that_never_ends_is_not_waited_for() -> None:
    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    body = _Body(receive, 0.2)
    with pytest.raises(TimeoutError):
        while True:
            await body.next()
    assert body.received < 100
