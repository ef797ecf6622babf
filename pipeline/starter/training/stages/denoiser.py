"""Text encoder and UNet together: which noise is in the latents of a scene, given its caption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from pipeline.starter.training import architecture, light, noise
from pipeline.starter.training.optimiser import Group, Optimiser, inner_matrices
from pipeline.starter.training.pool import Pool
from pipeline.starter.training.stages.plan import Plan
from pipeline.starter.training.stages.teaching import Stop
from pipeline.starter.training.stages.training import Training
from pipeline.starter.training.workshop import Workshop

UNSAID = 0.1
"""So often the caption is left out, for classifier-free guidance (Ho & Salimans 2022)."""
SCENES_A_BATCH = 128
STEPS_A_BATCH = 2
"""Steps for each batch of new scenes; each stays for 1,280 steps and is drawn about 8 times at 512 a step."""


def networks(workshop: Workshop) -> dict[str, Any]:
    """Text encoder and UNet with random weights, the same for the same seed."""
    device = workshop.options.device
    with workshop.seeded():
        text = architecture.text_encoder(workshop.options.sizes, len(workshop.tokenizer))
        unet = architecture.unet(workshop.options.sizes)
    return {"text": text.to(device), "unet": unet.to(device, memory_format=torch.channels_last)}


def training(workshop: Workshop, started_from: Path | None = None) -> Training:
    """Muon for the UNet's inner matrices, AdamW for the rest; ``started_from`` is a folder of carried weights."""
    made = networks(workshop)
    earlier = 0
    if started_from is not None:
        facts = light.read(started_from, made)
        earlier = int(facts["step"]) + int(facts.get("earlier", 0))
    inner = inner_matrices(made["unet"])
    known = {id(weight) for weight in inner}
    rest = tuple(each for network in made.values() for each in network.parameters() if id(each) not in known)
    optimiser = Optimiser([Group(rest)], inner)
    return Training(made, optimiser, workshop.options.device, workshop.options.seed, averaged=True, earlier=earlier)


class Denoising:
    """The lesson. ``drawn`` batches of the stream were used before."""

    def __init__(self, workshop: Workshop, plan: Plan, training: Training, purpose: str, drawn: int) -> None:
        self._workshop = workshop
        self._plan = plan
        self._text = training.networks["text"]
        unet = training.networks["unet"]
        self._unet: Any = torch.compile(unet) if workshop.options.compiled else unet
        self._alphas = noise.alphas(workshop.options.device)
        self._empty = workshop.tokens("")[0]
        self._resumed_at = drawn
        batch = min(SCENES_A_BATCH, plan.scenes)
        first = Pool.start(drawn, plan.scenes, batch)
        stream = f"{purpose}/{training.earlier}" if training.earlier else purpose
        self._pool = Pool(plan.scenes, batch, workshop.scenes(stream, batch, first), first, workshop.encode)

    @property
    def drawn(self) -> int:
        """Batches of new scenes."""
        return self._pool.drawn

    def warm_up(self, stop: Stop) -> None:
        """Fills the pool; compiles forward and backward, with random numbers that nobody else uses."""
        full = self._pool.fill(self._resumed_at, stop)
        if full and self._workshop.options.compiled:
            device = self._workshop.options.device
            self._on_a_batch(torch.Generator(device).manual_seed(0)).backward()  # type: ignore[no-untyped-call]

    def loss(self, step: int, generator: torch.Generator) -> torch.Tensor:
        """Mean squared error of v."""
        if step % STEPS_A_BATCH == 0:
            self._pool.refresh()
        return self._on_a_batch(generator)

    def _on_a_batch(self, generator: torch.Generator) -> torch.Tensor:
        clean, tokens = self._pool.draw(self._plan.batch, generator)
        device = clean.device
        unsaid = torch.rand(len(clean), generator=generator, device=device) < UNSAID
        tokens = torch.where(unsaid.view(-1, 1), self._empty, tokens)
        timesteps = torch.randint(0, noise.TIMESTEPS, (len(clean),), generator=generator, device=device)
        added = torch.randn(clean.shape, generator=generator, device=device)
        blurred, v = noise.blurred(clean, timesteps, added, self._alphas)
        with self._workshop.autocast():
            words = self._text(tokens)[0]
            blurred = blurred.contiguous(memory_format=torch.channels_last)
            told = self._unet(blurred, timesteps, words, return_dict=False)[0]
        return F.mse_loss(told.float(), v)
