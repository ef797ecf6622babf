"""The pictures of the subjects as one tensor."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from pipeline.starter.training.subjects import PICTURES, Collection


def load(folder: Path, collection: Collection) -> torch.Tensor:
    """uint8 of shape (textures, 4, side, side), red, green, blue and opacity, in the order of ``collection.files``."""
    with zipfile.ZipFile(folder / PICTURES) as archive:
        made = [_texture(archive.read(f"{number}.webp")) for number in collection.files]
    return torch.stack(made)


def _texture(data: bytes) -> torch.Tensor:
    with Image.open(io.BytesIO(data)) as picture:
        return torch.from_numpy(np.array(picture.convert("RGBA"))).permute(2, 0, 1).contiguous()
