"""The line for the service manager."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import pytest

from config.errors import RetryableError
from daemon import status_line
from daemon.events import JobChanged
from daemon.service import Condition, DaemonStatus, DeliveryStatus, EngineStatus, FrontEndStatus, Status


class Noted:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def status(self, line: str) -> None:
        self.lines.append(line)


async def test_a_line_that_can_not_be_had_is_had_later(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_line, "PAUSE_SECONDS", 0)
    real, left, asked = parts.service.status, [2], asyncio.Event()

    async def status() -> Any:
        asked.set()
        if left[0]:
            left[0] -= 1
            raise RetryableError("disk I/O error")
        return await real()

    monkeypatch.setattr(parts.service, "status", status)
    notifier = Noted()
    telling = asyncio.create_task(status_line.tell(parts.service, parts.bus, notifier))  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        for _ in range(3):
            await asyncio.wait({telling, asyncio.create_task(asked.wait())}, return_when=asyncio.FIRST_COMPLETED)
            asked.clear()
            await asyncio.sleep(0)
            parts.bus.publish(JobChanged("x", "queued", None))
        while not notifier.lines and not telling.done():
            await asyncio.sleep(0.01)
    telling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await telling
    assert notifier.lines[0].startswith("idle; ")


def _status(parts_of: dict[str, int], *, paused: bool = False, state: str = "serving", degraded: str = "") -> Status:
    return Status(
        daemon=DaemonStatus(1, 10.0, "1", state),
        engines=(EngineStatus(2, "cpu", "starter", 0, 0, 0, 0, "ready"),),
        queue={"queued": 0, "running": 0, **parts_of},
        paused=paused,
        front_ends=(FrontEndStatus("http", "up", "listening"),),
        deliveries=DeliveryStatus(0, 0),
        degraded=(Condition(degraded, "why", "heals", 0),) if degraded else (),
    )


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (_status({}), "idle; starter on cpu; last done 5 min ago; http up"),
        (_status({"queued": 17, "running": 2}), "drawing 2, 17 queued; starter on cpu; last done 5 min ago; http up"),
        (_status({"queued": 3}), "waiting, 3 queued; starter on cpu; last done 5 min ago; http up"),
        (
            _status({"queued": 3}, paused=True),
            "paused, 0 running, 3 queued; starter on cpu; last done 5 min ago; http up",
        ),
        (
            _status({"running": 2}, state="stopping"),
            "stopping, 2 running; starter on cpu; last done 5 min ago; http up",
        ),
        (_status({}, degraded="disk"), "idle; degraded: disk; starter on cpu; last done 5 min ago; http up"),
    ],
)
def test_the_line_says_what_it_is_doing(status: Status, line: str) -> None:
    assert status_line.line_of(status, 345.0) == line


def test_an_engine_whose_memory_is_freed_is_said_to_be_none() -> None:
    status = _status({"queued": 3}, paused=True)
    freed = replace(status, engines=(EngineStatus(None, None, None, 0, 0, 0, 0, "freed"),))
    assert status_line.line_of(freed) == "paused, 0 running, 3 queued; models freed; http up"
