"""The colours that captions name."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from types import MappingProxyType

RGB = tuple[float, float, float]
"""Red, green, blue from 0 to 1."""

COLOURS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "red": (226, 43, 48),
        "orange": (249, 136, 36),
        "yellow": (252, 214, 58),
        "lime green": (160, 214, 60),
        "green": (52, 158, 76),
        "teal": (30, 150, 150),
        "light blue": (140, 205, 250),
        "blue": (38, 98, 220),
        "navy blue": (22, 34, 90),
        "purple": (124, 62, 190),
        "pink": (248, 130, 180),
        "magenta": (214, 36, 150),
        "brown": (126, 78, 46),
        "beige": (236, 220, 190),
        "black": (14, 14, 16),
        "gray": (136, 138, 142),
        "white": (252, 252, 252),
    }
)
"""Red, green and blue from 0 to 255."""
TINTS = tuple(name for name in COLOURS if name not in ("white", "beige", "light blue", "navy blue"))
"""What a subject may be tinted with; the others are too pale or too dark to tell on a shaded picture."""
JITTER = 8
"""Of 255: no two reds are quite the same."""


def jittered(rng: random.Random, name: str) -> RGB:
    """A colour close to the named one."""
    red, green, blue = (min(255, max(0, each + rng.randint(-JITTER, JITTER))) / 255 for each in COLOURS[name])
    return red, green, blue


def nearest(colour: Iterable[float]) -> str:
    """The name of the colour closest to red, green and blue from 0 to 1, by plain distance."""
    wanted = [255 * each for each in colour]
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], wanted, strict=True)))
