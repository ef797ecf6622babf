"""Whether the two of a pair are there, and each where it belongs, by the encoder looking at one half at a time."""

from __future__ import annotations

import torch

from pipeline.starter.training.captions import with_article
from pipeline.starter.training.evaluation.encoder import Encoder
from pipeline.starter.training.evaluation.naming import Names
from pipeline.starter.training.scene import Arrangement, Scene


def halves(scene: Scene, picture: torch.Tensor) -> torch.Tensor:
    """(2, 3, half, half): the squares around the places of the first and the second."""
    side = picture.shape[-1]
    quarter, half = side // 4, side // 2
    across = scene.arrangement is Arrangement.BESIDE
    first = picture[:, quarter : quarter + half, :half] if across else picture[:, :half, quarter : quarter + half]
    second = picture[:, quarter : quarter + half, half:] if across else picture[:, half:, quarter : quarter + half]
    return torch.stack([first[:, :half, :half], second[:, :half, :half]])


def positions(encoder: Encoder, names: Names, scene: Scene, picture: torch.Tensor) -> bool | None:
    """In each half the one that belongs there fits better than the other."""
    if scene.arrangement not in (Arrangement.BESIDE, Arrangement.STACKED):
        return None
    scores = encoder.scores(halves(scene, picture), [with_article(name) for name in names.of(scene)])
    return bool(scores[0, 0] > scores[0, 1] and scores[1, 1] > scores[1, 0])


def subjects(encoder: Encoder, names: Names, scene: Scene, picture: torch.Tensor, number: int) -> bool | None:
    """In each half the right name is first among 50."""
    if scene.arrangement not in (Arrangement.BESIDE, Arrangement.STACKED):
        return None
    seen = halves(scene, picture)
    verdicts = []
    for half, right in enumerate(names.of(scene)):
        choices = [with_article(name) for name in names.among(right, number)]
        verdicts.append(int(encoder.scores(seen[half : half + 1], choices)[0].argmax()) == 0)
    return all(verdicts)
