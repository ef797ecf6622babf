"""How well captions fit pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
import torch.nn.functional as F

from pipeline.starter.training import tokens

AT_ONCE = 256


class Encoder(Protocol):
    """What the judges ask."""

    def scores(self, pictures: torch.Tensor, captions: Sequence[str]) -> torch.Tensor:
        """float32 (pictures, captions), higher for a better fit; pictures (count, 3, side, side) from -1 to 1."""


class ClipEncoder:
    """By a CLIPModel; pictures of other sizes are made to fit."""

    def __init__(self, clip: Any, tokenizer: Any) -> None:
        self._clip = clip
        self._tokenizer = tokenizer

    @torch.no_grad()
    def scores(self, pictures: torch.Tensor, captions: Sequence[str]) -> torch.Tensor:
        """See :class:`Encoder`."""
        numbers = tokens.of(self._tokenizer, captions).to(self._clip.device)
        rows = [self._rows(part, numbers) for part in pictures.split(AT_ONCE)]  # type: ignore[no-untyped-call]
        return torch.cat(rows).float().cpu()

    def _rows(self, pictures: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        side = self._clip.config.vision_config.image_size
        shown = pictures.to(self._clip.device)
        if shown.shape[-1] != side:
            shown = F.interpolate(shown, size=(side, side), mode="bilinear", antialias=True)
        scores = self._clip(input_ids=numbers, pixel_values=shown).logits_per_image
        assert isinstance(scores, torch.Tensor)
        return scores
