"""Queues on real SQLite files."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from support.queue_driver import QueueDriver

IMPLEMENTATIONS = ["sqlite"]
"""What every contract test runs on."""


@pytest.fixture(params=IMPLEMENTATIONS)
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., QueueDriver]]:
    """``build(max_attempts=2)``: a queue, closed at the end."""
    built: list[QueueDriver] = []

    def make(**options: int) -> QueueDriver:
        built.append(QueueDriver(tmp_path / "state", **options))
        return built[-1]

    yield make
    for each in built:
        each.close()


@pytest.fixture
def q(build: Callable[..., QueueDriver]) -> QueueDriver:
    return build()


@pytest.fixture(scope="session")
def invariants() -> ModuleType:
    """The checker beside this file, which is also a script."""
    spec = importlib.util.spec_from_file_location("storage_invariants", Path(__file__).with_name("invariants.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
