"""Paints packed scenes, on any device of torch, in float32."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pipeline.starter.training.packed import Packed
from pipeline.starter.training.scene import MAX_THINGS, Blend

LUMA = (0.3, 0.59, 0.11)
TINT_STRENGTH = 0.9
STAR_SHARE = 0.008
"""Of the points of a grid of a quarter of the picture's side."""


def paint(packed: Packed, textures: torch.Tensor, side: int) -> torch.Tensor:
    """float32 (count, 3, side, side) from -1 to 1.

    ``textures`` as :func:`textures.load` gives them, on the device that paints.
    """
    scenes = Packed(*(part.to(textures.device, non_blocking=True) for part in packed))
    picture = _sky(scenes, side)
    _put_stars(picture, packed.stars)
    for slot in range(MAX_THINGS):
        shown = (scenes.textures[:, slot] >= 0).nonzero().squeeze(1)
        if len(shown):
            layer = _layer(scenes, textures, slot, shown, side)
            picture[shown] = picture[shown] * (1 - layer[:, 3:]) + layer[:, :3]
    return picture * 2 - 1


def _sky(scenes: Packed, side: int) -> torch.Tensor:
    """(count, 3, side, side) from 0 to 1."""
    count = len(scenes.stars)
    height = torch.linspace(0, 1, side, device=scenes.places.device).view(1, 1, side, 1)
    top, bottom = (scenes.colours[:, end].view(count, 3, 1, 1) for end in (0, 1))
    blend, horizon = (scenes.blends[:, part].view(count, 1, 1, 1) for part in (0, 1))
    edge = ((height - horizon) * side / 2 + 0.5).clamp(0, 1)  # two pixels wide
    smooth = torch.where(blend == Blend.GRADIENT, height, torch.zeros_like(height))
    share = torch.where(blend == Blend.HORIZON, edge, smooth)
    return (top * (1 - share) + bottom * share).expand(count, 3, side, side).contiguous()


def _put_stars(picture: torch.Tensor, seeds: torch.Tensor) -> None:
    """``seeds`` on the CPU, where each sky is drawn by its own; all go to the device at once."""
    starry = seeds.nonzero().squeeze(1)
    if not len(starry):
        return
    side = picture.shape[-1]
    shape = (1, side // 4, side // 4)
    grids = torch.stack([torch.rand(shape, generator=torch.Generator().manual_seed(int(seeds[row]))) for row in starry])
    dots = (grids < STAR_SHARE).float().to(picture.device)
    light = F.interpolate(dots, size=(side, side), mode="bilinear")
    rows = starry.to(picture.device)
    picture[rows] = picture[rows] * (1 - light) + light


def _layer(scenes: Packed, textures: torch.Tensor, slot: int, shown: torch.Tensor, side: int) -> torch.Tensor:
    """(shown, 4, side, side): one thing of each scene at its place, colours multiplied by the opacity."""
    texture = textures[scenes.textures[shown, slot]].float() / 255
    opacity = texture[:, 3:]
    colours = _tinted(texture[:, :3], scenes.tints[shown])
    grid = F.affine_grid(_to_texture(scenes.places[shown, slot]), [len(shown), 4, side, side], align_corners=False)
    flat = torch.cat([colours * opacity, opacity], dim=1)
    return F.grid_sample(flat, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _to_texture(places: torch.Tensor) -> torch.Tensor:
    """(count, 2, 3): from the picture's coordinates (-1 to 1) to those of a texture that is shifted, scaled, turned."""
    x, y, size, turn = places.unbind(1)
    cos, sin = torch.cos(turn) / size, torch.sin(turn) / size
    left, up = 1 - 2 * x, 1 - 2 * y
    rows = [torch.stack([cos, sin, cos * left + sin * up], 1), torch.stack([-sin, cos, cos * up - sin * left], 1)]
    return torch.stack(rows, 1)


def _tinted(colours: torch.Tensor, tints: torch.Tensor) -> torch.Tensor:
    """The shading stays, highlights stay white, and a tenth of the own colour shines through."""
    tint = tints.view(-1, 3, 1, 1)
    strength = TINT_STRENGTH * (tint[:, :1] >= 0).float()
    light = (colours * torch.tensor(LUMA, device=colours.device).view(1, 3, 1, 1)).sum(1, keepdim=True)
    shaded = (tint.clamp(min=0) * (0.35 + 0.95 * light) + (light - 0.75).clamp(min=0)).clamp(0, 1)
    return colours * (1 - strength) + shaded * strength
