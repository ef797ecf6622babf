"""Scenes as tensors, on their way to the device that paints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from pipeline.starter.training.scene import MAX_THINGS, Scene

NO_TEXTURE = -1
NO_TINT = -1.0


class Packed(NamedTuple):
    """``count`` scenes. A named tuple, because torch's loader moves those into pinned memory part by part."""

    textures: torch.Tensor
    """int64 (count, 4); -1 where there is nothing."""
    places: torch.Tensor
    """float32 (count, 4, 4): x, y and size as parts of the side, turn in radians."""
    tints: torch.Tensor
    """float32 (count, 3) from 0 to 1; -1 for none."""
    colours: torch.Tensor
    """float32 (count, 2, 3) from 0 to 1: top and bottom of the backdrop."""
    blends: torch.Tensor
    """float32 (count, 2): kind of :class:`Blend`, horizon as part of the side."""
    stars: torch.Tensor
    """int64 (count,): seed, or 0 for a sky without stars."""


def pack(scenes: Sequence[Scene]) -> Packed:
    """On the CPU."""
    textures = torch.full((len(scenes), MAX_THINGS), NO_TEXTURE)
    places = torch.zeros(len(scenes), MAX_THINGS, 4)
    for row, scene in enumerate(scenes):
        for slot, thing in enumerate(scene.things):
            textures[row, slot] = thing.texture
            places[row, slot] = torch.tensor((thing.x, thing.y, thing.size, thing.turn))
    return Packed(
        textures,
        places,
        torch.tensor([scene.tint or (NO_TINT,) * 3 for scene in scenes]),
        torch.tensor([(scene.backdrop.top, scene.backdrop.bottom) for scene in scenes]),
        torch.tensor([(float(scene.backdrop.blend), scene.backdrop.horizon) for scene in scenes]),
        torch.tensor([scene.backdrop.stars for scene in scenes]),
    )
