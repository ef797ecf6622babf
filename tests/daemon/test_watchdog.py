"""Pings go on while everything moves, and stop when one part hangs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support import broken_daemon
from support.live_daemon import LiveDaemon
from support.notify_socket import Manager, manager

from config.errors import RetryableError
from daemon import watchdog
from daemon.heartbeat import Heartbeat
from daemon.notify import Notifier

INTERVAL = 0.3


class HeldClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Manager]:
    with manager(tmp_path / "notify") as made:
        yield made


@asynccontextmanager
async def watched(listening: Manager, *signs: watchdog.Sign) -> AsyncIterator[None]:
    notifier = Notifier(listening.environment(INTERVAL))
    assert notifier.watchdog_seconds == pytest.approx(INTERVAL)
    task = asyncio.create_task(watchdog.watch(notifier, INTERVAL, *signs))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def pings(listening: Manager, seconds: float) -> int:
    return (await asyncio.to_thread(listening.collected, seconds)).count("WATCHDOG=1")


async def test_pings_come_while_every_sign_is_fresh(listening: Manager, parts: Any) -> None:
    heartbeat = Heartbeat(HeldClock())
    signs = (watchdog.of_loop("dispatcher", heartbeat), watchdog.of_writer(parts.database))
    async with watched(listening, *signs):
        assert await pings(listening, 1.0) >= 3


async def test_a_loop_that_does_not_come_round_stops_them_until_it_does(listening: Manager) -> None:
    clock = HeldClock()
    heartbeat = Heartbeat(clock)
    async with watched(listening, watchdog.of_loop("dispatcher", heartbeat)):
        assert await pings(listening, 0.5) >= 1
        clock.now += INTERVAL
        await pings(listening, INTERVAL)  # what was on its way
        assert await pings(listening, 3 * INTERVAL) == 0
        heartbeat.beat()
        assert await pings(listening, 3 * INTERVAL) >= 1


async def test_a_database_that_does_not_answer_stops_them(listening: Manager) -> None:
    class Hanging:
        async def write(self, operation: object) -> None:
            await asyncio.Event().wait()

    async with watched(listening, watchdog.of_writer(Hanging())):  # type: ignore[arg-type]
        await pings(listening, INTERVAL)  # until half of the interval has passed
        assert await pings(listening, 3 * INTERVAL) == 0


async def test_a_database_that_says_that_the_disk_is_full_is_alive(listening: Manager) -> None:
    class Full:
        async def write(self, operation: object) -> None:
            raise RetryableError("there is no space left for the database")

    async with watched(listening, watchdog.of_writer(Full())):  # type: ignore[arg-type]
        assert await pings(listening, 3 * INTERVAL) >= 1


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_manager_says_whom_it_watches(variables: dict[str, str], seconds: float | None) -> None:
    assert Notifier(dict(variables)).watchdog_seconds == seconds


@pytest.mark.slow
def test_a_daemon_whose_dispatcher_hangs_is_silent_although_it_answers(tmp_path: Path, listening: Manager) -> None:
    """
    1. The daemon pings. 2. Its dispatcher hangs in a look at the disk that never comes back.
    Result: no more pings, one line in the log that says why, and status still answers.
    """
    hang = tmp_path / "hang"
    environment = {**listening.environment(4), "BROKEN": "hung_dispatcher", "HANG_WHEN": str(hang)}
    live = LiveDaemon(tmp_path / "state", environment, command=(sys.executable, "-P", broken_daemon.__file__))
    live.start()
    try:
        listening.until(lambda said: said == "WATCHDOG=1", "a ping")
        hang.touch()
        live.until(lambda: b"watchdog_withheld" in live.log.read_bytes(), 30, "it says that it pings no more")
        listening.collected(0.1)  # what was said before
        assert "WATCHDOG=1" not in listening.collected(3)
        assert live.status()["daemon"]["state"] == "serving"
        assert "the dispatcher has not come round" in live.tail()
    finally:
        live.kill()
