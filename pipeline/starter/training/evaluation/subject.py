"""Whether the subject of a drawing is the one that was asked for, by the encoder."""

from __future__ import annotations

import torch

from pipeline.starter.training.evaluation.encoder import Encoder
from pipeline.starter.training.evaluation.naming import Names
from pipeline.starter.training.scene import Arrangement, Scene


def judge(encoder: Encoder, names: Names, scene: Scene, picture: torch.Tensor, number: int) -> bool | None:
    """First among 50 sentences that differ in the subject only; ``None`` for pairs (see :mod:`pair`)."""
    if scene.arrangement in (Arrangement.BESIDE, Arrangement.STACKED):
        return None
    choices = names.among(names.of(scene)[0], number)
    scores = encoder.scores(picture[None], [scene.caption.about(name) for name in choices])
    return int(scores[0].argmax()) == 0
