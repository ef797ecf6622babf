"""The stages one after the other, each from what the one before has saved."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.starter.training import model_folder
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.stages import clip, control, denoiser
from pipeline.starter.training.stages.plan import Plan
from pipeline.starter.training.stages.teaching import Outcome, Surroundings, teach
from pipeline.starter.training.stages.training import Training
from pipeline.starter.training.workshop import Workshop


def run(
    workshop: Workshop,
    plans: Mapping[str, Plan],
    stages: Sequence[str],
    around: Surroundings,
    started_from: Path | None = None,
) -> bool:
    """Whether every one of ``stages`` has spent its budget; what is unfinished is saved and can be gone on with.

    ``started_from``: carried weights from which the stage ``unet`` begins instead of from random ones.
    """
    teachers = {"unet": _denoise, "polish": _denoise, "clip": _match, "control": _follow}
    for stage in stages:
        if not teachers[stage](workshop, stage, plans[stage], around, started_from):
            around.say(f"{stage} is unfinished; go on with --resume")
            return False
    return True


def _denoise(workshop: Workshop, stage: str, plan: Plan, around: Surroundings, started_from: Path | None) -> bool:
    begun = around.light_of("unet") if stage == "polish" else started_from
    training = denoiser.training(workshop, begun)

    def lesson(drawn: int) -> denoiser.Denoising:
        if stage == "unet":
            _refuse_if_polished(around)
        return denoiser.Denoising(workshop, plan, training, stage, drawn)

    outcome = teach(stage, plan, training, lesson, around)
    folder = around.out / model_folder.MODEL
    # What polish has gone on from is not what is drawn with.
    if (stage == "polish" or not _polished(around)) and _is_due(folder, stage, training, outcome):
        model_folder.save_model(around.out, workshop, training.results, model_folder.origin(stage, training.step))
    return outcome.spent


def _match(workshop: Workshop, stage: str, plan: Plan, around: Surroundings, _: Path | None) -> bool:
    training = clip.training(workshop, model_folder.load_text(around.out, workshop.options.device))
    lesson = functools.partial(clip.Matching, workshop, plan, training)
    outcome = teach(stage, plan, training, lesson, around)
    if _is_due(around.out / model_folder.CLIP, stage, training, outcome):
        model_folder.save_clip(around.out, workshop, training.results, model_folder.origin(stage, training.step))
    return outcome.spent


def _follow(workshop: Workshop, stage: str, plan: Plan, around: Surroundings, _: Path | None) -> bool:
    pipe = model_folder.load_pipeline(around.out, workshop.options.device)
    frozen = (pipe.text_encoder.requires_grad_(False), pipe.unet.requires_grad_(False))
    training = control.training(workshop, frozen[1])
    lesson = functools.partial(control.Following, workshop, plan, training, frozen)
    outcome = teach(stage, plan, training, lesson, around)
    if _is_due(around.out / model_folder.CONTROL, stage, training, outcome):
        model_folder.save_control(around.out, training.results, model_folder.origin(stage, training.step))
    return outcome.spent


def _is_due(folder: Path, stage: str, training: Training, outcome: Outcome) -> bool:
    """Whether a stage has something to leave: new, or left out by a kill after its last checkpoint."""
    if training.step == 0:
        return False
    return outcome.steps > 0 or model_folder.origin_of(folder) != model_folder.origin(stage, training.step)


def _polished(around: Surroundings) -> bool:
    return around.checkpoint_of("polish").exists() or around.light_of("polish").exists()


def _refuse_if_polished(around: Surroundings) -> None:
    if _polished(around):
        raise TrainingError(
            f"unet can't go on in {around.out}: polish has begun from it, and the model is that of polish. "
            f"To polish anew afterwards, remove {around.checkpoint_of('polish')} and {around.light_of('polish')}; "
            "to keep both, name another folder (--out)"
        )
