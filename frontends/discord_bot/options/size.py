"""Sizes of pictures as people say them: ``768x512``, ``16:9``, ``portrait``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from config.errors import UserError
from daemon.service import ModelEntry
from frontends.discord_bot.models import ModelBoard
from pipeline.request import MAX_SIDE_PIXELS

STEP = 8
"""Sides are multiples of this."""
LEAST_SIDE = 64
NAMED = {"square": (1, 1), "portrait": (2, 3), "landscape": (3, 2), "tall": (9, 16), "wide": (16, 9)}
_PIXELS = re.compile(r"(\d{2,4})\s*[x\u00d7*]\s*(\d{2,4})", re.ASCII)
_ASPECT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*[:/]\s*(\d{1,3}(?:\.\d{1,3})?)", re.ASCII)
STEEPEST = 8.0
"""The longer side is at most so many times the shorter."""


def read(said: str, model: ModelEntry) -> Mapping[str, Any]:
    """Width and height. An aspect is drawn with as many pixels as the model is used to."""
    text = said.strip().lower()
    if found := _PIXELS.fullmatch(text):
        return {"width": int(found[1]), "height": int(found[2])}
    if text in NAMED:
        return _of_aspect(*NAMED[text], model)
    if found := _ASPECT.fullmatch(text):
        across, up = float(found[1]), float(found[2])
        if across > 0 and up > 0 and max(across / up, up / across) <= STEEPEST:
            return _of_aspect(across, up, model)
    raise UserError(
        "size: must be like 768x512, 16:9, square, portrait, landscape, tall or wide (at most 8:1)", field="size"
    )


def suggest(board: ModelBoard, given: Mapping[str, Any], typed: str) -> Sequence[tuple[str, str]]:
    """The usual ones for the model, each with its pixels."""
    model = board.chosen(given.get("model"))
    shown = []
    for name, aspect in NAMED.items():
        size = _of_aspect(*aspect, model)
        text = f"{size['width']}x{size['height']}"
        label = f"{name} {aspect[0]}:{aspect[1]} ({text})"
        if typed.lower() in label:
            shown.append((label, text))
    return shown


def _of_aspect(across: float, up: float, model: ModelEntry) -> dict[str, int]:
    area = model.defaults.width * model.defaults.height
    width = math.sqrt(area * across / up)
    return {"width": _side(width), "height": _side(width * up / across)}


def _side(pixels: float) -> int:
    return max(LEAST_SIDE, min(MAX_SIDE_PIXELS, round(pixels / STEP) * STEP))
