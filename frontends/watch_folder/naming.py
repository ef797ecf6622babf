"""What results are called: after the order, so that whoever dropped it finds them."""

from __future__ import annotations

import json
import os

from frontends.files import paths
from frontends.watch_folder.orders import kinds

MAX_STEM_CHARACTERS = 1_000


def stem_of(name: str, line: int, *, several: bool) -> str:
    """``portraits/cat``, or ``portraits/cat-0003`` for line 3 of an order with several lines.

    Below ``name``'s directories; every part is safe as a file name, with room for numbers and endings.
    """
    *directories, own = paths.shown(name).split("/")
    stem = os.path.splitext(own)[0] if kinds.is_order(own) or kinds.is_image(own) else own
    number = f"-{line:04d}" if several else ""
    parts = [*directories, paths.fitted(stem.lstrip(".") or "order", "x" * 60)[:-60] + number]
    whole = "/".join(parts)
    return whole if len(json.dumps(whole)) <= MAX_STEM_CHARACTERS else parts[-1]


def picture_name(stem: str, index: int, count: int) -> str:
    """The name of picture ``index`` (from 0) of ``count``: ``cat.png``, ``cat-0001.png``, ``cat-0003-2.png``."""
    if count == 1:
        return f"{stem}.png"
    numbered = stem.rpartition("-")[2]
    return f"{stem}-{index + 1}.png" if numbered.isdigit() and len(numbered) >= 4 else f"{stem}-{index + 1:04d}.png"
