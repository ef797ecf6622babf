"""What a model can draw, as its folder tells it: ``subjects.json`` and ``mezzotint.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.starter.training import palette
from pipeline.starter.training.backdrops import LANDSCAPES
from pipeline.starter.training.captions import NUMBERS, with_article
from pipeline.starter.training.subjects import Collection

DEFAULTS = {
    "steps": 18,
    "guidance_scale": 4.0,
    "scheduler": "DPM++ 2M",
    "denoising_strength": 0.6,
}


def write(folder: Path, collection: Collection, side: int) -> None:
    """Both files, for a model that was taught this collection at this size."""
    _write(folder / "subjects.json", _known(collection))
    count = len(collection.subjects)
    card = {
        "format": 1,
        "family": "sd",
        "licence": "Apache-2.0",
        "description": f"A small latent diffusion model of {side} by {side} pixels that knows {count} subjects.",
        "subjects": "subjects.json",
        "defaults": {"width": side, "height": side, **DEFAULTS},
    }
    _write(folder / "mezzotint.json", card)


def _known(collection: Collection) -> dict[str, Any]:
    subjects = collection.subjects
    return {
        "subjects": [each.name for each in subjects],
        "also_known_as": {each.name: each.label for each in subjects if each.name != each.label},
        "tintable": [each.name for each in subjects if each.tintable],
        "tints": list(palette.TINTS),
        "styles": list(collection.styles),
        "sizes": ["small", "tiny", "little", "large", "big", "huge"],
        "backgrounds": list(palette.COLOURS),
        "background_phrases": ["on a {colour} background", ", {colour} background", "with a {colour} background"],
        "scenes": [phrase.strip() for scene in LANDSCAPES.values() for phrase in scene.phrases],
        "counts": list(NUMBERS.values()),
        "positions": ["{one} and {other}", "{one} next to {other}", "{one} on the left and {other} on the right"],
        "examples": [f"{with_article(each.name)} on a white background" for each in subjects[:3]],
    }


def _write(file: Path, words: dict[str, Any]) -> None:
    file.write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")
