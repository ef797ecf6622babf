"""The pixels of a picture of ours, for comparing."""

from __future__ import annotations

import io

from PIL import Image


def rgb_bytes(png: bytes) -> bytes:
    """RGB, 8 bits, row by row. Decodes in this process: only for what ``take_in`` made anew."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        return image.convert("RGB").tobytes()
