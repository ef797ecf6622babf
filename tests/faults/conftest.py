"""A daemon that dies where it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.failpoints import ENVIRONMENT, Start
from support.live_daemon import LiveDaemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Start]:
    """``daemon(NAME="value")`` on one state directory; whatever still runs in the end is killed."""
    made: list[LiveDaemon] = []

    def make(**environment: str) -> LiveDaemon:
        made.append(LiveDaemon(tmp_path / "state", {**ENVIRONMENT, **environment}))
        return made[-1]

    yield make
    for live in made:
        if live.process is not None and live.process.poll() is None:
            live.kill()
