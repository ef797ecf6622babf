"""A picture as large as it may be: as it is, without loss, with ever more loss, and last a small one.

Bytes and a limit in, bytes out. A rung is encoded in a thread, and none twice.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, features

LOSSLESS_SAVES = 0.6
"""A lossless WebP is seldom smaller than so much of a PNG: where that would not do, it is not tried."""
THUMBNAIL_PIXELS = 512
"""Of the longer side, or half of what it was."""
MOST_WEBP_PIXELS = 16_383
"""Of a side; what is larger becomes a JPEG."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to write a picture. ``quality`` is None for what loses nothing."""

    name: str
    quality: int | None = None
    small: bool = False


RUNGS = (
    Rung("png"),
    Rung("lossless"),
    Rung("fine", 95),
    Rung("good", 85),
    Rung("fair", 65),
    Rung("poor", 40),
    Rung("thumbnail", 40, small=True),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A picture on one rung; ``ending`` is that of its file name."""

    rung: Rung
    ending: str
    data: bytes


class Ladder:
    """One picture on its way down. It never goes up again."""

    def __init__(self, png: bytes, rungs: Sequence[Rung] = RUNGS) -> None:
        self._png = png
        self._left = list(rungs[1:])
        self.written = Written(rungs[0], "png", png)
        """As it is now."""

    async def fit(self, limit: int) -> Written:
        """Go down until it has at most ``limit`` bytes; what is still too large on the last rung stays there."""
        while len(self.written.data) > limit and await self.lower(limit):
            pass
        return self.written

    async def lower(self, limit: int | None = None) -> bool:
        """The next rung on which it is smaller, but none that can't reach ``limit``; False when there is none."""
        while self._left:
            rung = self._left.pop(0)
            if rung.name == "lossless" and limit is not None and len(self._png) * LOSSLESS_SAVES > limit:
                continue
            written = await asyncio.to_thread(write, self._png, rung)
            if len(written.data) < len(self.written.data):
                self.written = written
                return True
        return False


def write(png: bytes, rung: Rung) -> Written:
    """Encode a picture; takes seconds for a large one."""
    with Image.open(io.BytesIO(png)) as opened:
        picture: Image.Image = opened if opened.mode in ("RGB", "RGBA") else opened.convert("RGBA")
        if rung.small:
            picture = picture.copy()
            side = min(THUMBNAIL_PIXELS, max(1, max(picture.size) // 2))
            picture.thumbnail((side, side))
        webp = features.check("webp") and max(picture.size) <= MOST_WEBP_PIXELS
        data = io.BytesIO()
        if webp and rung.quality is None:
            picture.save(data, "WEBP", lossless=True, method=2)
        elif webp:
            picture.save(data, "WEBP", quality=rung.quality, method=2)
        else:
            _on_white(picture).save(data, "JPEG", quality=rung.quality or 97)
    return Written(rung, "webp" if webp else "jpg", data.getvalue())


def _on_white(picture: Image.Image) -> Image.Image:
    """A JPEG has no transparency."""
    if picture.mode == "RGB":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground
