"""Backdrops at random: plain colours, gradients and simple landscapes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.starter.training.captions import with_article
from pipeline.starter.training.palette import COLOURS, jittered
from pipeline.starter.training.scene import Backdrop, Blend

UNSPOKEN, PLAIN, GRADIENT = 0.30, 0.68, 0.80
"""Up to which part of all: nothing said of it, one named colour, two; the rest are landscapes."""
UNSPOKEN_WHITE = 0.65
"""So often nothing said means white: what people expect who name no backdrop."""


@dataclass(frozen=True, slots=True)
class Landscape:
    """Two colours, how they meet, and phrases for it."""

    top: str
    bottom: str
    blend: Blend
    phrases: tuple[str, ...]
    starry: bool = False


LANDSCAPES: Mapping[str, Landscape] = MappingProxyType(
    {
        "grass": Landscape(
            "light blue",
            "green",
            Blend.HORIZON,
            (" on grass under a blue sky", " on a green meadow", " on the grass"),
        ),
        "beach": Landscape(
            "light blue",
            "beige",
            Blend.HORIZON,
            (" on the beach", " on a sandy beach", " on sand under a blue sky"),
        ),
        "night": Landscape(
            "navy blue",
            "black",
            Blend.GRADIENT,
            (" at night", " under a starry night sky", " in the night sky with stars"),
            starry=True,
        ),
        "snow": Landscape(
            "light blue",
            "white",
            Blend.HORIZON,
            (" in the snow", " on snow", " on a snowy field in winter"),
        ),
        "desert": Landscape("yellow", "orange", Blend.HORIZON, (" in the desert", " in a hot desert")),
        "sunset": Landscape("purple", "orange", Blend.GRADIENT, (" at sunset", " under a sunset sky")),
        "sea": Landscape("light blue", "blue", Blend.HORIZON, (" on the sea", " on the blue ocean", " on water")),
    }
)


def backdrop(rng: random.Random) -> Backdrop:
    """One of any kind."""
    share = rng.random()
    if share < UNSPOKEN:
        return _plain(rng, "white" if rng.random() < UNSPOKEN_WHITE else rng.choice(list(COLOURS)), spoken=False)
    if share < PLAIN:
        return _plain(rng, rng.choice(list(COLOURS)), spoken=True)
    if share < GRADIENT:
        return _gradient(rng)
    return _landscape(rng, LANDSCAPES[rng.choice(list(LANDSCAPES))])


def _plain(rng: random.Random, name: str, spoken: bool) -> Backdrop:
    colour = jittered(rng, name)
    if not spoken:
        return Backdrop(colour, colour)
    named = with_article(name)
    phrases = (f" on {named} background", f", {name} background", f" on {name}", f" with {named} background")
    return Backdrop(colour, colour, rng.choice(phrases), colour=name)


def _gradient(rng: random.Random) -> Backdrop:
    top, bottom = rng.sample(list(COLOURS), 2)
    phrases = (f" on {with_article(top)} to {bottom} gradient background", f", {top} and {bottom} gradient background")
    return Backdrop(jittered(rng, top), jittered(rng, bottom), rng.choice(phrases), Blend.GRADIENT)


def _landscape(rng: random.Random, kind: Landscape) -> Backdrop:
    horizon = rng.uniform(0.6, 0.75)
    stars = rng.randint(1, 2**31) if kind.starry else 0
    top, bottom = jittered(rng, kind.top), jittered(rng, kind.bottom)
    return Backdrop(top, bottom, rng.choice(kind.phrases), kind.blend, horizon, stars)
