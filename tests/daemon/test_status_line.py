"""The line for the service manager."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from config.errors import RetryableError
from daemon import status_line
from daemon.events import JobChanged


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
    assert "0 running" in notifier.lines[0]
