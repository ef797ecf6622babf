"""Engines that hang, rave, or talk nonsense: each is replaced, and says why."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from config.settings import EngineSettings
from daemon.dispatch import dispatcher
from daemon.engines import local
from daemon.engines.contract import RunningEngine

from .conftest import BuildFloor

HEAD = """
import os, socket, sys, time
from pipeline import frames
from pipeline.messages import PROTOCOL_VERSION, Dying, Loading, Pulse, Ready
stream = socket.socket(fileno=int(sys.argv[1]))
def say(*messages): stream.sendall(b"".join(map(frames.encode, messages)))
ready = Ready(protocol=PROTOCOL_VERSION, device="fake", dtype="uint8", capacity=8, versions={})
pulse = Pulse(model=None, active=0, parked=0, forwards=0, steps=0)
"""

FIRST_ENGINES = {
    "talks nonsense": (
        # Of a length that may be: one at random would announce a long frame now and then, for which is waited.
        "say(ready); stream.sendall((100).to_bytes(4, 'big') + os.urandom(100)); time.sleep(60)",
        "broke the protocol",
    ),
    "announces too much": ("say(ready); stream.sendall(b'\\xff' * 8); time.sleep(60)", "268435456 are read"),
    "dies after its first word": ("say(ready); os._exit(7)", "status 7"),
    "dies in the middle of a frame": (
        "say(ready); stream.sendall(frames.encode(pulse)[:9]); os.kill(os.getpid(), 9)",
        "SIGKILL",
    ),
    "dies while it greets": ("stream.sendall(frames.encode(ready)[:20]); os.abort()", "SIGABRT"),
    "speaks before it is ready": ("say(pulse, ready); time.sleep(60)", "before it was ready"),
    "tells that it dies": ("say(Dying(message='no driver')); os._exit(1)", "no driver"),
    "closes its pipe": ("say(ready); stream.close(); time.sleep(60)", "closed its pipe"),
    "loads for ever": ("say(ready, Loading(model='starter')); time.sleep(60)", "still loading starter after 1 seconds"),
    "pulses and draws nothing": (
        "say(ready)\nwhile True: say(pulse); time.sleep(0.05)",
        "drew nothing for 1 seconds",
    ),
    "raves": (
        "say(ready)\nimport threading\n"
        'line = b\'{"event": "raving"}\\n\' * 100\n'
        "threading.Thread(target=lambda: [os.write(2, line) for _ in range(10**9)], daemon=True).start()\n"
        "while True: say(*[pulse] * 1000)",
        "drew nothing for 1 seconds",
    ),
}


def first_engine(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """The first engine that is started runs ``script``; the later ones are as they should be."""
    spawn = local.asyncio.create_subprocess_exec  # type: ignore[attr-defined]
    scripts = [HEAD + script]

    async def other(*command: str, **options: Any) -> Any:
        if scripts:
            command = (sys.executable, "-c", scripts.pop(), command[command.index("--fd") + 1])
        return await spawn(*command, **options)

    monkeypatch.setattr(local.asyncio, "create_subprocess_exec", other)  # type: ignore[attr-defined]


async def longest_pause(seconds: Callable[[], bool]) -> float:
    """The longest time in which nothing else on the event loop had its turn, until the condition holds."""
    loop, longest = asyncio.get_running_loop(), 0.0
    while not seconds():
        before = loop.time()
        await asyncio.sleep(0.005)
        longest = max(longest, loop.time() - before - 0.005)
    return longest


WAITED_FOR = frozenset({"loads for ever", "pulses and draws nothing", "raves"})
"""They are found out only once their time is over."""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(*each, id=name, marks=[pytest.mark.slow] if name in WAITED_FOR else [])
        for name, each in FIRST_ENGINES.items()
    ],
)
async def test_a_broken_engine_is_replaced_and_the_job_is_drawn_by_the_next(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    monkeypatch.setattr(local, "END_SECONDS", 0.5)
    first_engine(monkeypatch, script)
    floor = build(engine={"stall_seconds": 1, "load_timeout_seconds": 1})
    job_id = await floor.submit()
    pause = await asyncio.wait_for(longest_pause(lambda: bool(floor.conditions.ever)), 20)
    (job,) = await floor.ended(job_id)
    assert job.state == "done"
    assert job.attempt <= 2
    assert said in floor.conditions.ever[0]
    assert floor.conditions.now == {}
    assert pause < 2, "whatever an engine says, the daemon answers"


async def test_an_engine_whose_program_is_missing_is_told_and_waited_for(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local.sys, "executable", "/usr/bin/none-of-that-name")
    floor = build()
    job_id = await floor.submit()
    await floor.until(lambda: asyncio.sleep(0, "engine" in floor.conditions.now))
    assert "could not be started: No such file" in floor.conditions.ever[0]
    monkeypatch.undo()
    (job,) = await floor.ended(job_id)
    assert (job.state, job.attempt) == ("done", 1)
    assert floor.conditions.now == {}


async def test_a_stopped_engine_is_killed_and_the_attempt_counts(build: BuildFloor) -> None:
    floor = build(engine={"stall_seconds": 1, "fake_step_s": 0.02})
    job_id = await floor.submit(steps=50)
    await floor.running(job_id)
    os.kill(await floor.engine_pid(), signal.SIGSTOP)
    (job,) = await floor.ended(job_id)
    assert job.state == "done"
    assert job.attempt >= 2
    assert "no sign of life for 1 seconds" in floor.conditions.ever[0]


async def test_an_engine_that_goes_on_just_in_time_keeps_its_jobs(build: BuildFloor) -> None:
    floor = build(engine={"stall_seconds": 5, "fake_step_s": 0.02})
    job_id = await floor.submit(steps=50)
    await floor.running(job_id)
    pid = await floor.engine_pid()
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(1.0)
    os.kill(pid, signal.SIGCONT)
    (job,) = await floor.ended(job_id)
    assert (job.state, job.attempt) == ("done", 1)
    assert floor.conditions.ever == []
    assert await floor.engine_pid() == pid


@pytest.mark.slow
async def test_an_idle_engine_that_hangs_is_found_out_before_a_job_comes(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "IDLE_SECONDS", 4.0)
    floor = build(engine={"stall_seconds": 3600})
    pid = await floor.engine_pid()
    await asyncio.sleep(4.5)
    assert floor.conditions.ever == [], "an idle engine that is well says so often enough"
    os.kill(pid, signal.SIGSTOP)
    await floor.until(lambda: asyncio.sleep(0, floor.dispatcher.snapshot()[0].pid not in (pid, None)))
    assert "idle and gave no sign of life" in floor.conditions.ever[0]
    (job,) = await floor.ended(await floor.submit())
    assert (job.state, job.attempt) == ("done", 1)


async def test_an_engine_that_can_not_be_killed_is_left_behind_and_told_until_it_is_gone(
    build: BuildFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that a driver holds in the kernel: SIGKILL is sent, and nothing happens."""
    monkeypatch.setattr(local, "END_SECONDS", 0.3)
    first: list[local.EngineProcess] = []

    async def start() -> RunningEngine:
        engine = await local.start(EngineSettings(kind="fake", fake_step_s=0.02))
        if not first:
            first.append(engine)
            monkeypatch.setattr(engine._process, "kill", lambda: None)
        return engine

    floor = build(start_engine=start, engine={"stall_seconds": 0.6})
    job_id = await floor.submit(steps=50)
    await floor.running(job_id)
    os.kill(first[0].pid, signal.SIGSTOP)
    (job,) = await floor.ended(job_id)
    assert job.state == "done"
    assert job.attempt >= 2
    assert f"process {first[0].pid} was killed and does not end" in floor.conditions.now["engine process"]
    os.kill(first[0].pid, signal.SIGKILL)
    await floor.until(lambda: asyncio.sleep(0, floor.conditions.now == {}))


@pytest.mark.parametrize("word", ["load-crash-once", "load-hang-once"])
async def test_an_engine_that_fails_while_it_loads_is_replaced(build: BuildFloor, word: str) -> None:
    floor = build(engine={"load_timeout_seconds": 0.5})
    (job,) = await floor.ended(await floor.submit(f"[{word}]"))
    assert (job.state, job.attempt) == ("done", 2)


async def test_a_load_may_take_longer_than_a_forward(build: BuildFloor) -> None:
    floor = build(engine={"stall_seconds": 0.3, "load_timeout_seconds": 60})
    job_id = await floor.submit("[load-hang]")
    await floor.until(lambda: asyncio.sleep(0, floor.dispatcher.snapshot()[0].state == "loading"))
    await asyncio.sleep(1.0)
    assert (await floor.job(job_id)).attempt == 1
    assert floor.conditions.ever == []


async def test_a_drain_does_not_wait_for_an_engine_that_hangs(build: BuildFloor) -> None:
    floor = build()
    job_id = await floor.submit("[hang]")
    await floor.until(lambda: asyncio.sleep(0, floor.dispatcher.snapshot()[0].steps >= 1))
    began = asyncio.get_running_loop().time()
    await floor.dispatcher.drain(0.2)
    assert asyncio.get_running_loop().time() - began < 3
    job = await floor.job(job_id)
    assert (job.state, job.attempt) == ("queued", 0)
