"""The styles in which subjects are drawn, and how captions speak of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "3d": ("3d render of {}", "3d {}", "glossy 3d {}", "{}, 3d style", "{}, 3d render"),
        "flat": ("flat {}", "flat vector of {}", "{}, flat style", "flat icon of {}", "{}, flat design"),
        "cartoon": ("cartoon {}", "cartoon of {}", "{}, cartoon style", "cartoon drawing of {}"),
    }
)
OPENINGS = ("", "", "", "", "an emoji of ", "a picture of ", "an image of ", "an illustration of ", "a drawing of ")
