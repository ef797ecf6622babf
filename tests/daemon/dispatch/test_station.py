"""One place of an engine, with an engine that dies on command."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from daemon.dispatch import station as station_module
from daemon.dispatch.conditions import Unheard
from daemon.dispatch.held import HeldJob
from daemon.dispatch.restarts import Restarts
from daemon.dispatch.silence import Patience
from daemon.dispatch.station import Station
from daemon.engines.contract import EngineGoneError, RunningEngine
from pipeline.messages import PROTOCOL_VERSION, Loading, Pulse, Ready, ToDaemon, ToEngine


class Mortal:
    """Says what it is given to say, and is gone when :attr:`dying` is set."""

    pid = 1
    ready = Ready(protocol=PROTOCOL_VERSION, device="cpu", dtype="float32", capacity=8, versions={})

    def __init__(self, *words: ToDaemon) -> None:
        self.dying = asyncio.Event()
        self.words = list(words)

    unread_bytes = 0
    ended = True

    async def send(self, messages: Sequence[ToEngine]) -> None:
        pass

    async def receive(self) -> Sequence[ToDaemon]:
        if self.words:
            return [self.words.pop(0)]
        await self.dying.wait()
        raise EngineGoneError("killed")

    def kill(self) -> None:
        self.dying.set()

    async def close(self, grace_seconds: float) -> None:
        pass


async def test_a_dead_engine_takes_no_job_while_the_loss_is_recorded() -> None:
    engine, up, recording, recorded = Mortal(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def start() -> RunningEngine:
        return engine

    async def lost(jobs: Sequence[HeldJob], reason: str) -> None:
        recording.set()
        await recorded.wait()

    station = Station(
        start=start, restarts=Restarts(60), hear=lambda message: None, up=up.set, lost=lost, conditions=Unheard()
    )
    running = asyncio.create_task(station.run())
    async with asyncio.timeout(10):
        await up.wait()
        assert station.capacity == 8
        engine.dying.set()
        await recording.wait()
        assert station.capacity == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_engine_whose_load_failed_is_not_shown_as_loading_for_ever() -> None:
    idle = Pulse(model=None, active=0, parked=0, forwards=0, steps=0)
    engine = Mortal(Loading(model="broken"), idle)

    async def start() -> RunningEngine:
        return engine

    async def lost(jobs: Sequence[HeldJob], reason: str) -> None:
        raise AssertionError("it did not die")

    station = Station(
        start=start, restarts=Restarts(60), hear=lambda message: None, up=lambda: None, lost=lost, conditions=Unheard()
    )
    running = asyncio.create_task(station.run())
    async with asyncio.timeout(10):
        while engine.words:
            await asyncio.sleep(0.001)
    assert station.status().state == "ready"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_engine_that_takes_no_messages_is_killed_although_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    now, reasons = [0.0], list[str]()
    monkeypatch.setattr(station_module, "_now", lambda: now[0])
    engine, up = Mortal(), asyncio.Event()
    engine.unread_bytes = 4096

    async def start() -> RunningEngine:
        return engine

    async def lost(jobs: Sequence[HeldJob], reason: str) -> None:
        reasons.append(reason)

    station = Station(
        start=start, restarts=Restarts(60), hear=lambda message: None, up=up.set, lost=lost, conditions=Unheard()
    )
    running = asyncio.create_task(station.run())
    async with asyncio.timeout(10):
        await up.wait()
        while not engine.dying.is_set():
            now[0] += 1.0
            station._mute.broken()
            station.look(Patience(stall_seconds=5, load_seconds=60, idle_seconds=30))
            assert now[0] < 60
        while not reasons:
            await asyncio.sleep(0.001)
    assert "took no message" in reasons[0]
    assert now[0] > 5
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_engine_that_comes_up_after_the_stop_is_not_used() -> None:
    starting, came_up = asyncio.Event(), asyncio.Event()

    async def start() -> RunningEngine:
        starting.set()
        await came_up.wait()
        return Mortal()

    async def lost(jobs: Sequence[HeldJob], reason: str) -> None:
        raise AssertionError("it held nothing")

    def up() -> None:
        raise AssertionError("it is too late")

    station = Station(
        start=start, restarts=Restarts(60), hear=lambda message: None, up=up, lost=lost, conditions=Unheard()
    )
    running = asyncio.create_task(station.run())
    async with asyncio.timeout(10):
        await starting.wait()
        await station.close()
        came_up.set()
        await running
    assert station.status().state == "stopped"
