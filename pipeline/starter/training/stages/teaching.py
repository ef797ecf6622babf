"""The loop that every stage shares: steps within a budget, a checkpoint now and then, and one at the end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from pipeline.starter.training import budget, checkpoint, light
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.stages.plan import Plan
from pipeline.starter.training.stages.training import Training

Say = Callable[[str], None]
Stop = Callable[[], bool]


class Lesson(Protocol):
    """What a stage teaches. Everything random comes from the generator that it is given."""

    @property
    def drawn(self) -> int:
        """How many batches of its stream of scenes have been used."""

    def warm_up(self, stop: Stop) -> None:
        """What takes long and teaches nothing: filling a pool, compiling. Given up once ``stop`` says so."""

    def loss(self, step: int, generator: torch.Generator) -> torch.Tensor:
        """Of one batch; a number."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a stage keeps things, and who stops it: ``stop`` is asked before and in a warm-up and before each step."""

    out: Path
    resumes: bool
    say: Say
    stop: Stop = lambda: False
    clock: budget.Clock = time.monotonic

    def checkpoint_of(self, stage: str) -> Path:
        """The file of a stage."""
        return self.out / "checkpoints" / f"{stage}.safetensors"

    def light_of(self, stage: str) -> Path:
        """The folder of the parts to carry away."""
        return self.out / "light" / stage


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a run has brought a stage."""

    spent: bool
    """Whether nothing is left of its budget."""
    steps: int
    """Taken in this run."""


def teach(stage: str, plan: Plan, training: Training, lesson: Callable[[int], Lesson], around: Surroundings) -> Outcome:
    """Spend what is left of the budget. ``lesson`` is made for the batches drawn so far."""
    spent, drawn = _begin(stage, training, around)
    if spent >= plan.seconds:
        around.say(f"{stage}: its {plan.seconds:g} s were spent before, {training.step} steps")
        return Outcome(spent=True, steps=0)
    if around.stop():
        return Outcome(spent=False, steps=0)
    taught = lesson(drawn)
    around.say(f"{stage}: {plan.seconds - spent:.0f} s of learning to come, from step {training.step}")
    taught.warm_up(around.stop)
    if around.stop():
        return Outcome(spent=False, steps=0)
    within = budget.Budget(plan.seconds, around.clock, spent)
    within.start()
    begun = training.step
    finished = _steps(stage, plan, training, taught, within, around)
    return Outcome(finished, training.step - begun)


def _begin(stage: str, training: Training, around: Surroundings) -> tuple[float, int]:
    """Seconds spent and batches drawn, from the checkpoint if there is one."""
    file = around.checkpoint_of(stage)
    if not file.exists():
        return 0.0, 0
    if not around.resumes:
        raise TrainingError(f"{file} holds an earlier run: go on with it (--resume), or name another folder (--out)")
    tensors, facts = checkpoint.read(file)
    training.restore(tensors, facts["step"], facts.get("earlier", 0))
    if not light.is_of(around.light_of(stage), facts):  # killed between the two
        light.write(around.light_of(stage), training.results, facts)
    return float(facts["spent_seconds"]), int(facts["drawn"])


def _steps(
    stage: str, plan: Plan, training: Training, lesson: Lesson, within: budget.Budget, around: Surroundings
) -> bool:
    saved = within.spent
    while (spent := within.spent) < plan.seconds and not around.stop():
        if spent - saved >= plan.checkpoint_seconds:
            _save(stage, training, lesson, spent, around)
            saved = spent
        share = budget.rate_share(training.step, spent / plan.seconds, plan.warmup_steps, plan.floor, plan.hold)
        training.advance(lesson.loss(training.step, training.generator), plan.rate * share)
        if training.step % plan.report_steps == 0:
            around.say(f"{stage}: step {training.step}, loss {float(training.loss):.4f}, {spent:.0f} s")
    _save(stage, training, lesson, spent, around)
    around.say(f"{stage}: stopped at step {training.step}, loss {float(training.loss):.4f}, {spent:.0f} s")
    return spent >= plan.seconds


def _save(stage: str, training: Training, lesson: Lesson, spent: float, around: Surroundings) -> None:
    loss = float(training.loss)
    if math.isnan(loss):
        # The checkpoint before this one may still be sound.
        raise TrainingError(f"{stage}: the loss is no number any more at step {training.step}; lower the rate")
    facts: dict[str, Any] = {
        "stage": stage,
        "step": training.step,
        "earlier": training.earlier,
        "spent_seconds": spent,
        "drawn": lesson.drawn,
        "loss": loss,
    }
    checkpoint.write(around.checkpoint_of(stage), training.tensors(), facts)
    light.write(around.light_of(stage), training.results, facts)
