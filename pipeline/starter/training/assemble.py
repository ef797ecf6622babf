"""Carried weights as folders, so that what needs folders can go on where no checkpoint is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.starter.training import light, model_folder
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.stages import clip, control, denoiser
from pipeline.starter.training.workshop import Workshop


def assemble(workshop: Workshop, out: Path) -> tuple[Path, ...]:
    """The folders it wrote: model (from ``light/polish``, or else ``light/unet``), CLIP and ControlNet if carried."""
    carried = out / "light"
    stage = next((each for each in ("polish", "unet") if (carried / each).is_dir()), None)
    if stage is None:
        raise TrainingError(f"there is neither polish nor unet in {carried}: bring all parts of one of them")
    made = denoiser.networks(workshop)
    light.read(carried / stage, made)
    written = [model_folder.save_model(out, workshop, made["text"], made["unet"])]
    if (carried / "clip").is_dir():
        learnt = _read(carried / "clip", clip.training(workshop, made["text"]).networks)
        written.append(model_folder.save_clip(out, workshop, learnt["clip"]))
    if (carried / "control").is_dir():
        learnt = _read(carried / "control", control.training(workshop, made["unet"]).networks)
        written.append(model_folder.save_control(out, learnt["control"]))
    return tuple(written)


def _read(folder: Path, networks: Mapping[str, Any]) -> Mapping[str, Any]:
    light.read(folder, networks)
    return networks
