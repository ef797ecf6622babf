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


def judge(scene: Scene, picture: torch.Tensor) -> bool | None:
    """The number that was asked for; ``None`` where none was."""
    if scene.arrangement is not Arrangement.SEVERAL:
        return None
    return counted(picture) == len(scene.things)


def counted(picture: torch.Tensor) -> int:
    """One to four: the arrangement whose discs cover most of what stands out and least of what does not.

    ``picture``: (3, side, side) from -1 to 1. By intersection over union, so that large things are no advantage.
    """
    seen = foreground(picture)
    fits = {number: max(_overlap(seen, discs) for discs in made) for number, made in _templates(len(seen)).items()}
    return max(fits, key=lambda number: fits[number])


def foreground(picture: torch.Tensor) -> torch.Tensor:
    """bool (side, side). The backdrop changes from top to bottom only, and shows at the left and right margins."""
    wide = max(2, int(MARGIN * picture.shape[-1]))
    margins = torch.cat([picture[:, :, :wide], picture[:, :, -wide:]], 2)
    behind = margins.median(2, keepdim=True).values
    return (picture - behind).abs().amax(0) > STANDS_OUT


def _templates(side: int) -> dict[int, list[torch.Tensor]]:
    found = {1: [_discs(side, ((0.5, 0.5),), radius) for radius in ALONE_RADII]}
    return found | {number: [_discs(side, spots, radius) for radius in RADII] for number, spots in SPOTS.items()}


def _discs(side: int, spots: tuple[tuple[float, float], ...], radius: float) -> torch.Tensor:
    line = (torch.arange(side) + 0.5) / side
    covered = torch.zeros(side, side, dtype=torch.bool)
    for x, y in spots:
        covered |= (line[None] - x) ** 2 + (line[:, None] - y) ** 2 <= radius**2
    return covered


def _overlap(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one & other).sum() / (one | other).sum().clamp(min=1))
