"""The CLIP: which caption belongs to which picture (Radford et al. 2021). It judges the drawings."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from pipeline.starter.training import architecture
from pipeline.starter.training.optimiser import Group, Habits, Optimiser
from pipeline.starter.training.stages.plan import Plan
from pipeline.starter.training.stages.teaching import Stop
from pipeline.starter.training.stages.training import Training
from pipeline.starter.training.workshop import Workshop

TEXT_SCALE = 0.2
"""The text half knows the captions already, it is only to move along."""
STEEPEST = 4.6052
"""The logarithm of 100, the highest scale of the scores."""
ENLARGED = 1.5
"""Half of the pictures are painted larger and made smaller, as drawings of the full size will be."""
GRAIN = (0.0, 0.0, 0.05, 0.1)
"""Standard deviations of noise on the pictures: drawings are not as clean as painted scenes."""


def training(workshop: Workshop, text: Any) -> Training:
    """``text`` is the trained text encoder."""
    with workshop.seeded():
        clip = architecture.clip(workshop.options.sizes, text).to(workshop.options.device)
    spoken = tuple(clip.text_model.parameters())
    rest = tuple(each for name, each in clip.named_parameters() if not name.startswith("text_model."))
    optimiser = Optimiser([Group(rest), Group(spoken, TEXT_SCALE)], habits=Habits(0.98, 0.05))
    return Training({"clip": clip}, optimiser, workshop.options.device, workshop.options.seed + 1, averaged=False)


class Matching:
    """The lesson. Every step sees new scenes."""

    def __init__(self, workshop: Workshop, plan: Plan, training: Training, drawn: int) -> None:
        self._workshop = workshop
        self._clip: Any = training.networks["clip"]
        self._scenes = workshop.scenes("clip", plan.batch, drawn)
        self._drawn = drawn

    @property
    def drawn(self) -> int:
        """Batches, one a step."""
        return self._drawn

    def warm_up(self, stop: Stop) -> None:
        """There is nothing to wait for."""

    def loss(self, step: int, generator: torch.Generator) -> torch.Tensor:
        """Cross entropy of pictures to captions and of captions to pictures."""
        packed, tokens = next(self._scenes)
        self._drawn += 1
        tokens = tokens.to(self._workshop.options.device)
        with torch.no_grad():
            self._clip.logit_scale.clamp_(0, STEEPEST)
            pictures = self._seen(packed, step, generator)
        with self._workshop.autocast():
            scores = self._clip(input_ids=tokens, pixel_values=pictures).logits_per_image
        return contrast(scores.float(), tokens)

    def _seen(self, packed: Any, step: int, generator: torch.Generator) -> torch.Tensor:
        side = self._workshop.options.sizes.eye_side
        if step % 2:
            painted = self._workshop.paint(packed, int(ENLARGED * side))
            painted = F.interpolate(painted, size=(side, side), mode="area")
        else:
            painted = self._workshop.paint(packed, side)
        grain = torch.randn(painted.shape, generator=generator, device=painted.device)
        return painted + grain * GRAIN[step // 2 % len(GRAIN)]


def contrast(scores: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """``scores``: float32 (pictures, captions); the same caption elsewhere in the batch is not counted as wrong."""
    same = (tokens[:, None] == tokens[None]).all(2)
    same.fill_diagonal_(False)
    masked = scores.masked_fill(same, torch.finfo(scores.dtype).min / 2)
    right = torch.arange(len(scores), device=scores.device)
    return (nn.functional.cross_entropy(masked, right) + nn.functional.cross_entropy(masked.T, right)) / 2
