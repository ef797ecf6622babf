"""Sizes as people say them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UserError
from daemon.service import ModelEntry
from frontends.discord_bot.options import size
from pipeline.request import Defaults, parse

MODEL = ModelEntry(name="m", path=Path("/m"), family="sd", sha256="0" * 64, defaults=Defaults(width=512, height=512))


@pytest.mark.parametrize(
    ("said", "pixels"),
    [
        ("768x512", (768, 512)),
        ("768 \u00d7 512", (768, 512)),
        ("square", (512, 512)),
        ("1:1", (512, 512)),
        ("16:9", (680, 384)),
        ("TALL", (384, 680)),
        ("2/3", (416, 624)),
    ],
)
def test_it_is_understood(said: str, pixels: tuple[int, int]) -> None:
    assert size.read(said, MODEL) == {"width": pixels[0], "height": pixels[1]}


@pytest.mark.parametrize("said", ["", "big", "0:1", "1:0", "9:1", "1:9", "5", "12345x10"])
def test_it_is_not_guessed(said: str) -> None:
    with pytest.raises(UserError, match=r"size: must be like 768x512"):
        size.read(said, MODEL)


@given(st.floats(0.05, 20), st.floats(0.05, 20))
def test_every_aspect_that_is_taken_can_be_drawn(across: float, up: float) -> None:
    with contextlib.suppress(UserError):
        parse({"prompt": "a", **size.read(f"{across:.3f}:{up:.3f}", MODEL)})
