"""How far the edges of a drawing are those that it was given."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pipeline.starter.training import edges

TOLERANCE = 1
"""Pixels."""


def overlap(pictures: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
    """float32 (count,) from 0 to 1: the harmonic mean of the part of the given edges that is drawn and the reverse.

    ``pictures``: (count, 3, side, side) from -1 to 1; ``given`` as :func:`edges.of` makes it.
    """
    drawn, wanted = edges.of(pictures)[:, :1], given[:, :1].to(pictures.device)
    recall = _covered(wanted, drawn)
    precision = _covered(drawn, wanted)
    return 2 * recall * precision / (recall + precision).clamp(min=1e-6)


def mean_overlap(pictures: torch.Tensor, given: torch.Tensor) -> float:
    """Of those that were given any edges: a thing as bright as what is behind it has none."""
    shown = given.flatten(1).any(1)
    return float(overlap(pictures[shown], given[shown]).mean())


def _covered(lines: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
    """Which part of ``lines`` has a point of ``by`` within a pixel."""
    near = F.max_pool2d(by, 2 * TOLERANCE + 1, stride=1, padding=TOLERANCE)
    return (lines * near).flatten(1).sum(1) / lines.flatten(1).sum(1).clamp(min=1)
