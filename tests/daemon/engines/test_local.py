"""The daemon's side of a real engine process."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from support.draws import draw

from config.settings import EngineSettings
from daemon.engines import local
from daemon.engines.contract import EngineGoneError, RunningEngine
from daemon.engines.local import EngineProcess
from pipeline.messages import Drawn, Finished, Progress, ToDaemon

FAKE = EngineSettings(kind="fake", fake_step_s=0.005)


@pytest.fixture
async def engine() -> AsyncIterator[EngineProcess]:
    started = await local.start(FAKE)
    yield started
    await started.close(0)


async def until(engine: RunningEngine, kind: type[Any]) -> list[ToDaemon]:
    """Everything up to the first message of that kind."""
    heard: list[ToDaemon] = []
    while not any(isinstance(message, kind) for message in heard):
        heard += await engine.receive()
    return heard


async def test_it_says_what_it_is(engine: EngineProcess) -> None:
    assert (engine.ready.device, engine.ready.capacity) == ("fake", 8)
    assert engine.pid != os.getpid()


async def test_jobs_sent_in_one_piece_are_drawn_together(engine: EngineProcess) -> None:
    await engine.send([draw(str(number), steps=3) for number in range(8)])
    heard = await until(engine, Finished)
    assert [message.step for message in heard if isinstance(message, Progress)][:9] == [1] * 8 + [2]


async def test_large_pictures_come_whole(engine: EngineProcess) -> None:
    await engine.send([draw("large", width=2048, height=2048, steps=1)])
    (drawn,) = (message for message in await until(engine, Finished) if isinstance(message, Drawn))
    assert len(drawn.pixels) == 2048 * 2048 * 3


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("crash", "SIGKILL"),
        ("segv", "SIGSEGV"),
        ("exit", "status 3"),
        ("raise", "RuntimeError: the fake engine was told to raise"),
    ],
)
async def test_its_death_is_told_in_plain_words(engine: EngineProcess, word: str, said: str) -> None:
    await engine.send([draw("a", prompt=f"[{word}]")])
    with pytest.raises(EngineGoneError, match=said):
        await until(engine, Finished)


async def test_a_hanging_engine_can_be_killed(engine: EngineProcess) -> None:
    await engine.send([draw("a", prompt="[hang]")])
    await until(engine, Progress)
    engine.kill()
    with pytest.raises(EngineGoneError, match="SIGKILL"):
        await until(engine, Finished)


async def test_an_idle_engine_closes_at_once(engine: EngineProcess) -> None:
    await engine.close(5)
    with pytest.raises(EngineGoneError, match="status 0"):
        await until(engine, Finished)


async def test_closing_twice_and_sending_to_the_dead_are_harmless(engine: EngineProcess) -> None:
    await engine.close(1)
    await engine.send([draw("a")])
    await engine.close(1)


async def _start_instead(monkeypatch: pytest.MonkeyPatch, script: str, settings: EngineSettings = FAKE) -> None:
    """Start a process that runs ``script``, with the socket as ``stream``, in place of the engine."""
    spawn = local.asyncio.create_subprocess_exec  # type: ignore[attr-defined]
    head = "import socket, sys; stream = socket.socket(fileno=int(sys.argv[1]))\n"

    async def other(*command: str, **options: Any) -> Any:
        return await spawn(sys.executable, "-c", head + script, command[command.index("--fd") + 1], **options)

    monkeypatch.setattr(local.asyncio, "create_subprocess_exec", other)  # type: ignore[attr-defined]
    await local.start(settings)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("raise SystemExit('no torch here')", "status 1"),
        ("stream.sendall(b'x' * 100); sys.stdin.read(); stream.recv(1)", "broke the protocol"),
        (
            "from pipeline import frames; from pipeline.messages import Ready\n"
            "stream.sendall(frames.encode(Ready(protocol=99, device='', dtype='', capacity=1, versions={})))\n"
            "stream.recv(1)",
            "protocol 99",
        ),
        ("from time import sleep; sleep(60)", "not ready after 0.5 seconds"),
    ],
    ids=["ends", "talks nonsense", "another version", "says nothing"],
)
async def test_an_engine_that_does_not_come_up_is_told_and_ended(
    monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    settings = FAKE.model_copy(update={"start_timeout_seconds": 0.5 if "sleep" in script else 20})
    with pytest.raises(EngineGoneError, match=said):
        await _start_instead(monkeypatch, script, settings)


@pytest.mark.parametrize("where", ["socket.socketpair", "asyncio.open_connection", "asyncio.create_subprocess_exec"])
async def test_an_engine_for_which_no_files_are_left_is_told_and_leaves_none_open(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def none_left(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    before = len(os.listdir("/dev/fd"))
    monkeypatch.setattr(f"daemon.engines.local.{where}", none_left)
    with pytest.raises(EngineGoneError, match="could not be started: Too many open files"):
        await local.start(FAKE)
    await asyncio.sleep(0)
    assert len(os.listdir("/dev/fd")) == before


def test_what_only_the_daemon_may_use_is_not_handed_on() -> None:
    names: Sequence[str] = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "CREDENTIALS_DIRECTORY")
    assert local.environment({**dict.fromkeys(names, "x"), "HOME": "/root"}) == {"HOME": "/root"}


async def test_closing_never_fails_for_what_the_engine_said(
    engine: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> None:
        raise TypeError("a line nobody thought of")

    engine._listening.cancel()
    monkeypatch.setattr(engine, "_listening", asyncio.create_task(broken()))
    await engine.close(5)
    with pytest.raises(EngineGoneError, match="status 0"):
        await until(engine, Finished)


async def test_sending_to_an_engine_that_reads_nothing_holds_up_nobody(engine: EngineProcess) -> None:
    os.kill(engine.pid, signal.SIGSTOP)
    picture = bytes(8 << 20)
    async with asyncio.timeout(5):
        for number in range(4):
            await engine.send([draw(str(number), image_png=picture)])
    assert engine.unread_bytes > 16 << 20
    engine.kill()
    with pytest.raises(EngineGoneError, match="SIGKILL"):
        await until(engine, Finished)
    assert engine.ended


async def test_a_cancellation_that_comes_as_the_process_ends_is_not_lost(
    engine: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: asyncio.Future[int]

    async def wait() -> int:
        return await ended

    with monkeypatch.context() as patch:
        patch.setattr(engine._process, "wait", wait)
        for work in (engine.close(5), engine._obituary()):
            ended = asyncio.get_running_loop().create_future()
            working = asyncio.ensure_future(work)
            for _ in range(5):
                await asyncio.sleep(0)
            ended.set_result(0)
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await working
    assert engine._listening.cancelled() or engine._listening.cancelling()
    assert engine._killed
