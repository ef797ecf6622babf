"""A watched folder for every test, in memory and on the database."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.folder_world import World


@pytest.fixture(params=["in memory", pytest.param("on the database", marks=pytest.mark.slow)])
def make_world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., World]]:
    """A world with its own folder settings and rows; every test runs on the stand-in and on the real service."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        database = f"{len(made)}.db" if request.param == "on the database" else None
        made.append(World(tmp_path / "state", database, **settings))
        return made[-1]

    yield make
    for world in made:
        world.service.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world with the default settings."""
    return make_world()


@pytest.fixture
def png() -> bytes:
    """A small PNG that carries nothing."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 30, 40)).save(out, "PNG")
    return out.getvalue()
