"""Latents of many scenes on the device: encoding each scene for one step only would take most of the time.

The pool is a ring over the stream of scenes: scene ``number`` lies in slot ``number % size``. Scenes and the
draws of the VAE depend on their numbers alone, so that a pool can be filled again exactly as it was, and no checkpoint
needs to hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from pipeline.starter.training.stream import Batch

Encode = Callable[[Batch, int], torch.Tensor]
"""Latents of a batch, by the number of its first scene."""


class Pool:
    """``size`` is a whole number of batches of ``batch`` scenes."""

    def __init__(self, size: int, batch: int, batches: Iterator[Batch], first: int, encode: Encode) -> None:
        """``first``: the number of the batch that ``batches`` gives next."""
        self._slots = max(1, size // batch)
        self._batch = batch
        self._batches = batches
        self._encode = encode
        self._next = first
        self._latents: torch.Tensor | None = None
        self._tokens: torch.Tensor | None = None

    @staticmethod
    def start(drawn: int, size: int, batch: int) -> int:
        """The first batch a pool needs that had taken ``drawn`` batches in: older ones were overwritten."""
        return max(0, drawn - max(1, size // batch))

    @property
    def drawn(self) -> int:
        """How many batches of the stream have come in, the overwritten ones included."""
        return self._next

    def fill(self, drawn: int = 0, stop: Callable[[], bool] = lambda: False) -> bool:
        """Take batches in until the pool is full and holds what it held when it had taken ``drawn`` in.

        False if ``stop`` said so before that.
        """
        while self._next < max(drawn, self._slots):
            if stop():
                return False
            self.refresh()
        return True

    def refresh(self) -> None:
        """One more batch in the place of the oldest."""
        batch = next(self._batches)
        made = self._encode(batch, self._next * self._batch)
        latents, tokens = self._room(made, batch[1])
        start = (self._next % self._slots) * self._batch
        latents[start : start + self._batch] = made.half()
        tokens[start : start + self._batch] = batch[1].to(tokens.device, non_blocking=True)
        self._next += 1

    def draw(self, count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents, float32 (count, 4, height, width), and tokens, int64 (count, 77), of scenes picked at random."""
        assert self._latents is not None
        assert self._tokens is not None
        picked = torch.randint(0, len(self._latents), (count,), generator=generator, device=self._latents.device)
        return self._latents[picked].float(), self._tokens[picked]

    def _room(self, latents: torch.Tensor, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The pool's own tensors, made when the first batch shows their shapes and device."""
        if self._latents is None or self._tokens is None:
            size = self._slots * self._batch
            self._latents = latents.new_zeros((size, *latents.shape[1:]), dtype=torch.float16)
            self._tokens = torch.zeros((size, tokens.shape[1]), dtype=torch.long, device=latents.device)
        return self._latents, self._tokens
