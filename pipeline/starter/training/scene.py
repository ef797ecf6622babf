"""A scene as a value: what is where, on what, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from pipeline.starter.training.captions import Caption
from pipeline.starter.training.palette import RGB

MAX_THINGS = 4


class Blend(IntEnum):
    """How the two colours of a backdrop meet."""

    PLAIN = 0
    GRADIENT = 1
    HORIZON = 2


class Arrangement(Enum):
    """What a scene shows."""

    ONE = "one"
    BESIDE = "beside"
    STACKED = "stacked"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Thing:
    """One picture in the scene. Places and size are parts of the side of the scene, the turn is in radians."""

    subject: int
    texture: int
    x: float
    y: float
    size: float
    turn: float


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What lies behind. ``colour`` is the name of the one colour that ``words`` name; ``stars`` is their seed, or 0."""

    top: RGB
    bottom: RGB
    words: str = ""
    blend: Blend = Blend.PLAIN
    horizon: float = 0.5
    stars: int = 0
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene and its caption. ``tint`` colours every thing in it."""

    arrangement: Arrangement
    things: tuple[Thing, ...]
    backdrop: Backdrop
    caption: Caption
    tint: RGB | None = None
