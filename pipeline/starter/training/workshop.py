"""What every stage works with: subjects, textures, tokenizer, VAE, and the device."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.starter.training import latents, painting, stream, subjects, textures, tokens
from pipeline.starter.training.architecture import Sizes
from pipeline.starter.training.packed import Packed


@dataclass(frozen=True, slots=True)
class Options:
    """``base`` is a pipeline folder with the VAE and the tokenizer; ``workers`` processes make scenes (0: none)."""

    data: Path
    base: Path
    device: torch.device
    sizes: Sizes
    seed: int = 0
    workers: int = 0
    compiled: bool = False


@dataclass(frozen=True, slots=True)
class Workshop:
    """Open one with :func:`opened`."""

    options: Options
    collection: subjects.Collection
    textures: torch.Tensor
    tokenizer: Any
    vae: Any

    def scenes(self, purpose: str, size: int, first: int = 0) -> Iterator[stream.Batch]:
        """Batches of ``size`` scenes of a stream of its own for each purpose, from number ``first`` on."""
        name = f"{self.options.seed}/{purpose}"
        source = stream.SceneBatches(self.collection, self.tokenizer, name, size)
        pinned = self.options.device.type == "cuda"
        return stream.batches(source, first, self.options.workers, pinned)

    def paint(self, packed: Packed, side: int | None = None) -> torch.Tensor:
        """float32 (count, 3, side, side) from -1 to 1 on the device."""
        return painting.paint(packed, self.textures, side or self.options.sizes.side)

    def encode(self, batch: stream.Batch, seed: int) -> torch.Tensor:
        """Latents of painted scenes; see :func:`latents.encode`."""
        return latents.encode(self.vae, self.paint(batch[0]), seed)

    def tokens(self, *captions: str) -> torch.Tensor:
        """int64 (captions, 77) on the device."""
        return tokens.of(self.tokenizer, captions).to(self.options.device)

    @contextlib.contextmanager
    def seeded(self) -> Iterator[None]:
        """For random weights, made on the CPU: the same every time, and torch's own random numbers stay untouched."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.options.seed)  # torch.manual_seed would be the GPU's too
            yield

    def autocast(self) -> torch.autocast:
        """bfloat16 where a GPU computes; a CPU computes in float32, which is exact to repeat."""
        kind = self.options.device.type
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=kind == "cuda")


def opened(options: Options) -> Workshop:
    """Reads the pictures and the frozen parts; :class:`TrainingError` says what is missing."""
    collection = subjects.load(options.data)
    return Workshop(
        options,
        collection,
        textures.load(options.data, collection).to(options.device),
        tokens.load(options.base),
        latents.load_vae(options.base, options.device),
    )
