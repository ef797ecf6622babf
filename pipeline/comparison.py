"""How like two pictures are, and which recorded facts differ: what ``verify`` needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageStat

from config.errors import UserError

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of two RGB pictures of one size."""

    identical: bool
    psnr_db: float | None
    """Peak signal-to-noise ratio over all channels; None when identical (it is infinite)."""
    max_difference: int
    """The largest difference of a channel, 0 to 255."""
    changed_share: float
    """The share of pixels that differ at all, 0 to 1."""


def compare(one: bytes, other: bytes, width: int, height: int) -> Comparison:
    """Compare two pictures given as RGB bytes, row by row; raises :class:`UserError` when a size does not fit."""
    if len(one) != width * height * 3 or len(other) != len(one):
        raise UserError(f"the pictures are not both {width}x{height} RGB")
    if one == other:
        return Comparison(True, None, 0, 0.0)
    size = (width, height)
    difference = ImageChops.difference(Image.frombytes("RGB", size, one), Image.frombytes("RGB", size, other))
    statistics = ImageStat.Stat(difference)
    mean_square = sum(statistics.sum2) / len(one)
    red, green, blue = difference.split()
    changed = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
    return Comparison(
        identical=False,
        psnr_db=10 * math.log10(255**2 / mean_square),
        max_difference=max(high for _, high in statistics.extrema),
        changed_share=1 - changed[0] / (width * height),
    )


def record_differences(recorded: Mapping[str, Fact], now: Mapping[str, Fact]) -> list[tuple[str, Fact, Fact]]:
    """``(fact, recorded, now)`` of every fact that is not the same, by name; a fact that is missing is None."""
    return [
        (name, recorded.get(name), now.get(name))
        for name in sorted({*recorded, *now})
        if recorded.get(name) != now.get(name)
    ]
