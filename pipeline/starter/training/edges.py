"""Edges of pictures: what the ControlNet is shown, and what its drawings are compared by."""

from __future__ import annotations

import torch
import torch.nn.functional as F

STRONG = 0.06
"""Difference in brightness, of 1, between neighbouring pixels."""


def of(pictures: torch.Tensor) -> torch.Tensor:
    """float32 (count, 3, height, width), 1 on edges and 0 elsewhere, three times the same.

    ``pictures``: (count, 3, height, width) from -1 to 1.
    """
    grey = (pictures.float() * 0.5 + 0.5).mean(1, keepdim=True)
    across = F.pad(grey[..., 1:] - grey[..., :-1], (0, 1))
    down = F.pad(grey[..., 1:, :] - grey[..., :-1, :], (0, 0, 0, 1))
    return ((across**2 + down**2).sqrt() > STRONG).float().repeat(1, 3, 1, 1)
