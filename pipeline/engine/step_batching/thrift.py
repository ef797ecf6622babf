"""One call with as little memory as possible: row by row, and a VAE in tiles.

Attention is left as it is: torch's own computes in blocks already, and the slicing of diffusers needs more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from pipeline.engine.step_batching.families import Rules
from pipeline.engine.step_batching.rendezvous import Call, Kind

LEAST_TILE = 16
"""Latents on a side of the smallest tile: what a network sees of its surroundings."""


def run(call: Call, *, by_rows: bool) -> Any:
    """The answer to the call; that of a VAE may show where its tiles meet.

    ``by_rows`` says that a denoiser's rows are known not to depend on each other; else they stay together.
    """
    if call.seat.kind in (Kind.ENCODE, Kind.DECODE):
        with _tiled(call.seat.module, call):
            return call.alone()
    rows = call.signature().rows
    if call.seat.kind is not Kind.DENOISE or rows < 2 or not by_rows:
        return call.alone()
    arguments = call.named()
    return _joined([call.seat.run(**_row(arguments, row, rows, call.seat.rules)) for row in range(rows)])


def _row(arguments: dict[str, Any], row: int, rows: int, rules: Rules) -> dict[str, Any]:
    return {
        name: value if name in rules.shared else _part(value, row, rows, listed=name in rules.listed)
        for name, value in arguments.items()
    }


def _part(value: Any, row: int, rows: int, *, listed: bool) -> Any:
    if isinstance(value, torch.Tensor):
        return value[row : row + 1] if value.dim() and value.shape[0] == rows else value
    if isinstance(value, dict):
        return {key: _part(entry, row, rows, listed=False) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        if listed and len(value) == rows:
            return value[row : row + 1]
        return type(value)(_part(entry, row, rows, listed=False) for entry in value)
    return value


def _joined(answers: Sequence[Any]) -> Any:
    first = answers[0]
    if isinstance(first, torch.Tensor):
        return torch.cat(list(answers))
    if isinstance(first, dict):  # ModelOutput of both libraries is an ordered dictionary
        return type(first)(**{key: _joined([answer[key] for answer in answers]) for key in first})
    if isinstance(first, list):
        return [entry for answer in answers for entry in answer]
    if isinstance(first, tuple):
        return tuple(_joined(column) for column in zip(*answers, strict=True))
    return first


@contextlib.contextmanager
def _tiled(vae: Any, call: Call) -> Iterator[None]:
    """For this call only: the VAE is shared with pictures that are drawn as usual."""
    names = ("use_tiling", "use_slicing", "tile_latent_min_size", "tile_sample_min_size")
    before = {name: getattr(vae, name) for name in names if hasattr(vae, name)}
    try:
        if "use_slicing" in before:
            vae.use_slicing = True
        if "use_tiling" in before:
            sized = {"tile_latent_min_size", "tile_sample_min_size"} <= before.keys()
            vae.use_tiling = _halve_tiles(vae, call) if sized else True
        yield
    finally:
        for name, value in before.items():
            setattr(vae, name, value)


def _halve_tiles(vae: Any, call: Call) -> bool:
    """Tiles of at most half the picture: a VAE made for this size would take it as one tile.

    False where there can be none: a VAE made for very small pictures may have tiles of less than one latent.
    """
    if not 1 <= vae.tile_latent_min_size <= vae.tile_sample_min_size:
        return False
    tensor = next(value for value in call.named().values() if isinstance(value, torch.Tensor))
    scale = vae.tile_sample_min_size // vae.tile_latent_min_size
    side = max(tensor.shape[-2:]) // (1 if call.seat.kind is Kind.DECODE else scale)
    latents = min(vae.tile_latent_min_size, max(LEAST_TILE, side // 2))
    vae.tile_latent_min_size, vae.tile_sample_min_size = latents, latents * scale
    return True
