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
    written = [model_folder.save_model(out, workshop, made, _read(carried / stage, made))]
    if (carried / "clip").is_dir():
        matching = clip.training(workshop, made["text"]).networks
        written.append(model_folder.save_clip(out, workshop, matching, _read(carried / "clip", matching)))
    if (carried / "control").is_dir():
        following = control.training(workshop, made["unet"]).networks
        written.append(model_folder.save_control(out, following, _read(carried / "control", following)))
    return tuple(written)


def _read(folder: Path, networks: Mapping[str, Any]) -> dict[str, Any]:
    """The origin of the weights, which are in ``networks`` then."""
    return model_folder.origin(folder.name, light.read(folder, networks)["step"])
