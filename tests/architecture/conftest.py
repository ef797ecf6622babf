"""Where the checkout is, and which modules it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "daemon", "frontends", "pipeline", "storage")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def rooms() -> tuple[str, ...]:
    return ROOMS


@pytest.fixture(scope="session")
def modules() -> tuple[str, ...]:
    """Every module of the five rooms by its dotted name, without the scripts that only Alembic can run."""
    found = (path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    shipped = (path for path in found if not {"training", "migrations"} & set(path.parts))
    return tuple(sorted({".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in shipped}))
