"""How many things a drawing shows, by matching what stands out from the backdrop with the known arrangements."""

from __future__ import annotations

import torch

from pipeline.starter.training.composer import SPOTS
from pipeline.starter.training.scene import Arrangement, Scene

STANDS_OUT = 0.16
"""Largest difference of a colour channel, of 2, to the backdrop at the same height."""
RADII = (0.16, 0.21)
"""Of the discs that stand for the things, as parts of the side."""
ALONE_RADII = (0.16, 0.24, 0.32, 0.42)
MARGIN = 0.04
TAKEN = 0.35
"""Part of what stands out in the fullest place."""


def judge(scene: Scene, picture: torch.Tensor) -> bool | None:
    """The number that was asked for; ``None`` where none was."""
    if scene.arrangement is not Arrangement.SEVERAL:
        return None
    return counted(picture) == len(scene.things)


def counted(picture: torch.Tensor) -> int:
    """None to four: the places that are taken in the arrangement that fits best what stands out.

    ``picture``: (3, side, side) from -1 to 1. By intersection over union, so that large things are no advantage.
    """
    seen = foreground(picture)
    fits = [(_overlap(seen, _union(discs)), discs) for discs in _arrangements(len(seen))]
    _, best = max(fits, key=lambda fit: fit[0])
    taken = [float((seen & disc).sum()) for disc in best]
    return sum(each > TAKEN * max(taken) for each in taken)


def foreground(picture: torch.Tensor) -> torch.Tensor:
    """bool (side, side). The backdrop changes from top to bottom only, and shows at the left and right margins."""
    wide = max(2, int(MARGIN * picture.shape[-1]))
    margins = torch.cat([picture[:, :, :wide], picture[:, :, -wide:]], 2)
    behind = margins.median(2, keepdim=True).values
    return (picture - behind).abs().amax(0) > STANDS_OUT


def _arrangements(side: int) -> list[list[torch.Tensor]]:
    alone = [[_disc(side, 0.5, 0.5, radius)] for radius in ALONE_RADII]
    return alone + [[_disc(side, *spot, radius) for spot in spots] for spots in SPOTS.values() for radius in RADII]


def _disc(side: int, x: float, y: float, radius: float) -> torch.Tensor:
    line = (torch.arange(side) + 0.5) / side
    return (line[None] - x) ** 2 + (line[:, None] - y) ** 2 <= radius**2


def _union(discs: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack(discs).any(0)


def _overlap(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one & other).sum() / (one | other).sum().clamp(min=1))
