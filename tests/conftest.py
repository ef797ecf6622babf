"""What holds for every test: nothing of the operator's own settings reaches it."""

from __future__ import annotations

import os
import sys

import pytest
from support.live_daemon import LiveDaemon


def pytest_configure() -> None:
    """Hundreds of processes are started: none of them shall compile the whole project anew."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(autouse=True)
def _long_runs_and_figures_start_from_nothing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(request.node.get_closest_marker(mark) for mark in ("soak", "bench")):
        monkeypatch.setattr(LiveDaemon, "cold", True)


@pytest.fixture(autouse=True)
def _no_settings_of_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MEZZOTINT_"):
            monkeypatch.delenv(name)
