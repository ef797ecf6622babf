"""Weights averaged over the last steps: what is drawn with, and what is shipped."""

from __future__ import annotations

import copy

import torch
from torch import nn

LONGEST = 0.9995
"""The decay in the long run: an average over about 2,000 steps."""


def decay(step: int) -> float:
    """Short averages first, or the random weights of the start would stay in them for long."""
    return min(LONGEST, 1 - 1 / (step / 10 + 2))


class Average:
    """An exponential moving average of a network, as a network of its own, in float32."""

    def __init__(self, network: nn.Module) -> None:
        self._followed = network
        self.network = copy.deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """After step number ``step``, counted from 0."""
        kept = [weight.data for weight in self.network.parameters()]
        new = [weight.data for weight in self._followed.parameters()]
        torch._foreach_lerp_(kept, new, 1 - decay(step))
