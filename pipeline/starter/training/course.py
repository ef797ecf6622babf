"""The stages one after the other, each from what the one before has saved."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.starter.training import model_folder
from pipeline.starter.training.stages import clip, control, denoiser
from pipeline.starter.training.stages.plan import Plan
from pipeline.starter.training.stages.teaching import Surroundings, teach
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
    lesson = functools.partial(denoiser.Denoising, workshop, plan, training, stage)
    outcome = teach(stage, plan, training, lesson, around)
    learnt = training.results
    # A stage that was over before has been saved before, and a later one may have gone on from it.
    if outcome.steps or not (around.out / model_folder.MODEL).is_dir():
        model_folder.save_model(around.out, workshop, learnt["text"], learnt["unet"])
    return outcome.spent


def _match(workshop: Workshop, stage: str, plan: Plan, around: Surroundings, _: Path | None) -> bool:
    training = clip.training(workshop, model_folder.load_text(around.out, workshop.options.device))
    lesson = functools.partial(clip.Matching, workshop, plan, training)
    outcome = teach(stage, plan, training, lesson, around)
    model_folder.save_clip(around.out, workshop, training.results["clip"])
    return outcome.spent


def _follow(workshop: Workshop, stage: str, plan: Plan, around: Surroundings, _: Path | None) -> bool:
    pipe = model_folder.load_pipeline(around.out, workshop.options.device)
    frozen = (pipe.text_encoder.requires_grad_(False), pipe.unet.requires_grad_(False))
    training = control.training(workshop, frozen[1])
    lesson = functools.partial(control.Following, workshop, plan, training, frozen)
    outcome = teach(stage, plan, training, lesson, around)
    model_folder.save_control(around.out, training.results["control"])
    return outcome.spent
