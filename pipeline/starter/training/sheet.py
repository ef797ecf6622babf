"""Sheets of pictures to look at."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from pipeline.starter.training import checkpoint, drawing

PROMPTS = (
    "a slice of pizza",
    "a dog, 3d render",
    "a cat on a red background",
    "a small blue car, flat style",
    "a red apple and a banana",
    "three trees on grass under a blue sky",
    "a rocket in the night sky with stars",
    "a purple octopus, cartoon style",
    "an owl at night",
    "a castle at sunset",
    "a robot in the desert",
    "two hearts on a yellow background",
    "a birthday cake, 3d style, pink background",
    "a penguin in the snow",
    "a sailboat on the blue ocean",
    "a green dragon",
)
COLUMNS = 8
CELL = 128
"""Pixels."""


def samples(pipe: Any, manner: drawing.Manner, each: int = 2) -> torch.Tensor:
    """Drawings of the fixed prompts, ``each`` of one prompt side by side; the same seeds every time."""
    prompts = [prompt for prompt in PROMPTS for _ in range(each)]
    return drawing.draw(pipe, prompts, [seed for _ in PROMPTS for seed in range(each)], manner)


def save(file: Path, pictures: torch.Tensor, columns: int = COLUMNS, cell: int = CELL) -> None:
    """``pictures``: (count, 3, side, side) from -1 to 1, in rows of ``columns``, as one PNG."""
    rows = math.ceil(len(pictures) / columns)
    whole = Image.new("RGB", (columns * cell, rows * cell))
    for number, picture in enumerate(pictures):
        small = image(picture).resize((cell, cell), Image.Resampling.LANCZOS)
        whole.paste(small, ((number % columns) * cell, (number // columns) * cell))
    data = io.BytesIO()
    whole.save(data, "PNG")
    checkpoint.write_bytes(file, data.getvalue())


def image(picture: torch.Tensor) -> Image.Image:
    """One of (3, side, side) from -1 to 1."""
    bytes_ = ((picture.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0)
    return Image.fromarray(bytes_.cpu().numpy())
