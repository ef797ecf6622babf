"""One door for pictures from outside, whatever brought them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from config.errors import UserError
from pipeline.images import child
from pipeline.metadata import chunks

HINT_FORMATS = "send a PNG, JPEG or WebP picture"


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What is taken in. The pixel cap is held before any pixel is decoded."""

    max_bytes: int = 32 * 1024 * 1024
    max_pixels: int = 40_000_000
    wall_seconds: float = 20.0
    """From the start of the decoding process to its answer."""


@dataclass(frozen=True, slots=True)
class TakenImage:
    """A picture that was decoded and made anew: RGB, upright, without any metadata."""

    png: bytes
    width: int
    height: int
    format: str = ""
    """Of the original: ``PNG``, ``JPEG`` or ``WEBP``."""
    animated: bool = False
    """The original had several frames; this is the first."""
    text: dict[str, str] = field(default_factory=dict)
    """The texts of the original when it was a PNG (bounded), for what they say about how it was drawn."""


def take_in(data: bytes, limits: ImageLimits | None = None) -> TakenImage:
    """Check and decode an untrusted picture. Blocks for some 0.1 s: call it from a thread, or :func:`take_in_async`.

    Raises :class:`UserError` (field ``image``) in plain words for whatever is wrong with the picture, and
    :class:`RetryableError` when no process could be started.
    """
    limits = limits or ImageLimits()
    if not data:
        raise UserError("the picture is empty", field="image", hint=HINT_FORMATS)
    if len(data) > limits.max_bytes:
        raise UserError(
            f"the picture has {len(data)} bytes; at most {limits.max_bytes} are taken",
            field="image",
            hint="send a smaller file",
        )
    if not _looks_like_a_picture(data):
        raise UserError("this is not a PNG, JPEG or WebP picture", field="image", hint=HINT_FORMATS)
    facts, png = child.decode(data, limits.max_pixels, limits.wall_seconds)
    return TakenImage(
        png=png,
        width=facts.width,
        height=facts.height,
        format=facts.format,
        animated=facts.animated,
        text=chunks.read_texts(data) if data.startswith(chunks.SIGNATURE) else {},
    )


async def take_in_async(data: bytes, limits: ImageLimits | None = None) -> TakenImage:
    """:func:`take_in` from an event loop."""
    return await asyncio.to_thread(take_in, data, limits)


def _looks_like_a_picture(data: bytes) -> bool:
    """By its first bytes; spares a process for what is plainly something else."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return webp or data.startswith((chunks.SIGNATURE, b"\xff\xd8\xff"))
