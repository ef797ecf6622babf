"""What comes between a new configuration and the parts that read it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.errors import BusyError
from config.settings import Settings
from daemon.notify import Notifier
from daemon.reload import Reload
from daemon.service import Conditions


class Parts:
    """Takes settings over, unless it breaks."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.breaks = False

    async def __call__(self, settings: Settings, changed: Sequence[str]) -> None:
        if self.breaks:
            raise OSError("no inotify instances left")
        self.taken.append(settings.queue.max_queued)


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def conditions() -> Conditions:
    return Conditions()


@pytest.fixture
def reload(tmp_path: Path, parts: Parts, conditions: Conditions) -> Reload:
    def settings(most: int) -> Settings:
        return Settings.model_validate({"state_dir": tmp_path, "queue": {"max_queued": most}})

    return Reload(
        load=lambda: settings(7), settings=settings(5), apply=parts, conditions=conditions, notifier=Notifier({})
    )


async def test_what_broke_off_is_told_and_taken_over_at_the_next_wish(
    reload: Reload, parts: Parts, conditions: Conditions
) -> None:
    parts.breaks = True
    with pytest.raises(OSError, match="inotify"):
        await reload()
    (told,) = conditions.list()
    assert "queue.max_queued" in told.why
    assert "inotify" in told.why
    parts.breaks = False
    assert (await reload()).changed == ("queue.max_queued",)
    assert (parts.taken, conditions.list()) == ([7], ())


async def test_nothing_is_taken_over_once_the_daemon_stops(reload: Reload, parts: Parts) -> None:
    reload.close()
    with pytest.raises(BusyError, match="stopping"):
        await reload()
    wanted = asyncio.Event()
    wanted.set()
    listening = asyncio.create_task(reload.on(wanted))
    await asyncio.sleep(0.05)
    assert not listening.done()
    listening.cancel()
    assert parts.taken == []
