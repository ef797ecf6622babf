"""The starter model as files of the package: a small latent diffusion model in the usual Stable Diffusion classes."""

from __future__ import annotations

import json
from pathlib import Path


def folder() -> Path:
    """Where the model lies: a pipeline folder as it stands, with ``clip/`` beside the pipeline's own parts."""
    return Path(__file__).resolve().parent


def subjects() -> tuple[str, ...]:
    """The subjects it was taught, in plain words (``subjects.json`` also lists colours, backgrounds and scenes)."""
    listed = json.loads((folder() / "subjects.json").read_text(encoding="utf-8"))
    return tuple(listed["subjects"])
