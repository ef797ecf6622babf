"""Whether the colour of a plain background is the one that was asked for, by the pixels of the corners."""

from __future__ import annotations

import torch

from pipeline.starter.training import palette
from pipeline.starter.training.scene import Scene

CORNER = 0.06
"""Part of the side: subjects rarely reach there."""
ENOUGH = 3
"""Of four corners."""


def judge(scene: Scene, picture: torch.Tensor) -> bool | None:
    """The named colour is the nearest one in three corners; ``None`` where no single colour was named."""
    if scene.backdrop.colour is None:
        return None
    return corners(picture).count(scene.backdrop.colour) >= ENOUGH


def corners(picture: torch.Tensor) -> list[str]:
    """The names of the colours of the four corners. ``picture``: (3, side, side) from -1 to 1."""
    wide = max(2, int(CORNER * picture.shape[-1]))
    ends = (slice(None, wide), slice(-wide, None))
    patches = [picture[:, rows, columns].flatten(1) for rows in ends for columns in ends]
    medians = [(patch.median(1).values.clamp(-1, 1) + 1) / 2 for patch in patches]
    return [palette.nearest(median.tolist()) for median in medians]
