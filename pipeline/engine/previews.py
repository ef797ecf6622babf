"""What a half-finished picture looks like, for next to nothing: a linear map from latents to colours.

The map is learnt from the pictures the model decodes anyway: least squares between latents and the decoded
picture at the latents' resolution. Before the first decode there are no previews.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import torch
from PIL import Image

from pipeline.engine import failures, log

MAX_SIDE_PIXELS = 256
ENOUGH_PICTURES = 16
"""After so many decodes the map is good; learning more of them would only cost time."""
_RIDGE = 1e-3


class Previewer:
    """Learns a model's map and applies it."""

    def __init__(self, vae: Any) -> None:
        channels = int(getattr(vae.config, "latent_channels", 4)) + 1
        self._scaling = float(getattr(vae.config, "scaling_factor", None) or 1.0)
        self._shift = float(getattr(vae.config, "shift_factor", None) or 0.0)
        self._square = np.zeros((channels, channels))
        self._cross = np.zeros((channels, 3))
        self._map: np.ndarray | None = None
        self._seen = 0
        self.off = False
        """There are no more previews of this model."""

    def switch_off(self, error: Exception) -> None:
        """Do without previews from now on, because of ``error``; raises it when it is the end of the device."""
        if failures.ends_the_engine(error):
            raise error
        if not self.off:
            log.exception("previews_switched_off", error)
        self.off = True

    def learn(self, latents: torch.Tensor, picture: torch.Tensor) -> None:
        """Take in one decode: the decoder's input (1, c, h, w) and its answer (1, 3, H, W) in -1 to 1."""
        if self._seen >= ENOUGH_PICTURES or picture.dim() != 4 or picture.shape[1] != 3 or not self._fits(latents):
            return
        small = torch.nn.functional.adaptive_avg_pool2d(picture[:1].float(), (latents.shape[-2], latents.shape[-1]))
        colours = small[0].permute(1, 2, 0).reshape(-1, 3).cpu().double().numpy()
        inputs = _columns(latents)
        if not (np.isfinite(inputs).all() and np.isfinite(colours).all()):
            return  # one broken picture would spoil the map for all
        self._seen += 1
        self._square += inputs.T @ inputs
        self._cross += inputs.T @ colours
        self._map = np.linalg.solve(self._square + _RIDGE * np.eye(len(self._square)), self._cross)

    def png(self, latents: torch.Tensor, width: int, height: int) -> bytes | None:
        """A small PNG of ``latents`` (1, c, h, w) as the denoising loop keeps them; None when nothing is known yet."""
        if self._map is None or not self._fits(latents):
            return None
        colours = _columns(latents / self._scaling + self._shift) @ self._map
        if not np.isfinite(colours).all():
            return None
        pixels = ((colours.reshape(*latents.shape[-2:], 3) / 2 + 0.5).clip(0, 1) * 255).round().astype(np.uint8)
        shrink = min(1.0, MAX_SIDE_PIXELS / max(width, height))
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        data = io.BytesIO()
        Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR).save(data, "PNG", compress_level=1)
        return data.getvalue()

    def _fits(self, latents: torch.Tensor) -> bool:
        return latents.dim() == 4 and latents.shape[1] + 1 == len(self._square)


def _columns(latents: torch.Tensor) -> np.ndarray:
    flat = latents[0].float().permute(1, 2, 0).reshape(-1, latents.shape[1]).cpu().double().numpy()
    return np.concatenate([flat, np.ones((len(flat), 1))], axis=1)
