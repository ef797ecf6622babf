"""Picture files for tests."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def picture(
    width: int = 64, height: int = 48, *, mode: str = "RGB", color: Any = 0, form: str = "PNG", **options: Any
) -> bytes:
    """A file of one plain picture."""
    out = io.BytesIO()
    Image.new(mode, (width, height), color).save(out, form, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """Decoded, in memory."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def noise(side: int = 200) -> bytes:
    """A file that nothing makes small."""
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()
