"""The ControlNet (Zhang et al. 2023): drawings that follow given edges. Text encoder and UNet stay as they are."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from pipeline.starter.training import architecture, edges, latents, noise
from pipeline.starter.training.optimiser import Group, Optimiser
from pipeline.starter.training.stages.plan import Plan
from pipeline.starter.training.stages.teaching import Stop
from pipeline.starter.training.stages.training import Training
from pipeline.starter.training.workshop import Workshop

UNSAID = 0.3
"""So often the caption is left out, so that the edges alone have to tell."""


def training(workshop: Workshop, unet: Any) -> Training:
    """``unet`` is the trained one, frozen."""
    with workshop.seeded():
        control = architecture.control(workshop.options.sizes, unet).train().requires_grad_(True)
    control = control.to(workshop.options.device, memory_format=torch.channels_last)
    optimiser = Optimiser([Group(tuple(control.parameters()))])
    return Training({"control": control}, optimiser, workshop.options.device, workshop.options.seed + 2, averaged=False)


class Following:
    """The lesson. Every step sees new scenes."""

    def __init__(self, workshop: Workshop, plan: Plan, training: Training, frozen: tuple[Any, Any], drawn: int) -> None:
        """``frozen``: text encoder and UNet."""
        self._workshop = workshop
        self._control: Any = training.networks["control"]
        self._text, self._unet = frozen
        self._batch = plan.batch
        self._scenes = workshop.scenes("control", plan.batch, drawn)
        self._drawn = drawn
        self._alphas = noise.alphas(workshop.options.device)
        self._empty = workshop.tokens("")[0]

    @property
    def drawn(self) -> int:
        """Batches, one a step."""
        return self._drawn

    def warm_up(self, stop: Stop) -> None:
        """There is nothing to wait for."""

    def loss(self, step: int, generator: torch.Generator) -> torch.Tensor:
        """Mean squared error of v, as told by the UNet with the ControlNet's help."""
        packed, tokens = next(self._scenes)
        device = self._workshop.options.device
        pictures = self._workshop.paint(packed)
        clean = latents.encode(self._workshop.vae, pictures, self._drawn * self._batch)
        self._drawn += 1
        unsaid = torch.rand(len(clean), generator=generator, device=device) < UNSAID
        tokens = torch.where(unsaid.view(-1, 1), self._empty, tokens.to(device))
        timesteps = torch.randint(0, noise.TIMESTEPS, (len(clean),), generator=generator, device=device)
        added = torch.randn(clean.shape, generator=generator, device=device)
        blurred, v = noise.blurred(clean, timesteps, added, self._alphas)
        blurred, hints = (each.contiguous(memory_format=torch.channels_last) for each in (blurred, edges.of(pictures)))
        return F.mse_loss(self._told(blurred, timesteps, tokens, hints).float(), v)

    def _told(
        self, blurred: torch.Tensor, timesteps: torch.Tensor, tokens: torch.Tensor, hints: torch.Tensor
    ) -> torch.Tensor:
        with self._workshop.autocast():
            with torch.no_grad():
                words = self._text(tokens)[0]
            down, middle = self._control(blurred, timesteps, words, hints, return_dict=False)
            told = self._unet(
                blurred,
                timesteps,
                words,
                down_block_additional_residuals=down,
                mid_block_additional_residual=middle,
                return_dict=False,
            )[0]
        assert isinstance(told, torch.Tensor)
        return told
