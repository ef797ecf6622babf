"""Engines on tiny models of several families, and on the starter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.engine import environment

environment.prepare()

HERE = Path(__file__).parent
QUIET = (
    "ignore:.*__array__ implementation:DeprecationWarning",
    "ignore:.*__array_wrap__ must accept:DeprecationWarning",
    "ignore::FutureWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here imports torch. Some libraries warn of their own deprecations."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engine)
            for quiet in QUIET:
                item.add_marker(pytest.mark.filterwarnings(quiet))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny models: ``sd``, ``sdxl``, ``flux``."""
    from support import tiny_models

    return tiny_models.save_all(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def starter_folder() -> Path:
    """The starter model."""
    from pipeline import starter

    return starter.folder()


@pytest.fixture
def drive() -> Callable[..., Any]:
    """Makes a :class:`support.engine_driver.Driver` on a model."""
    from support.engine_driver import Driver

    return Driver
