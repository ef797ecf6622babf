"""All judges over drawings of scenes, and over the same drawings in the wrong order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from pipeline.starter.training.evaluation import background, count, pair, subject
from pipeline.starter.training.evaluation.encoder import Encoder
from pipeline.starter.training.evaluation.naming import Names
from pipeline.starter.training.evaluation.tally import Tally
from pipeline.starter.training.scene import Scene


def judge(encoder: Encoder, names: Names, scenes: Sequence[Scene], pictures: torch.Tensor) -> Mapping[str, Tally]:
    """``pictures``: (scenes, 3, side, side) from -1 to 1, on the CPU."""
    shown = list(enumerate(zip(scenes, pictures, strict=True)))
    verdicts: dict[str, list[bool | None]] = {
        "subject": [subject.judge(encoder, names, scene, picture, n) for n, (scene, picture) in shown],
        "background_colour": [background.judge(scene, picture) for _, (scene, picture) in shown],
        "count": [count.judge(scene, picture) for _, (scene, picture) in shown],
        "pair_positions": [pair.positions(encoder, names, scene, picture) for _, (scene, picture) in shown],
        "pair_subjects": [pair.subjects(encoder, names, scene, picture, n) for n, (scene, picture) in shown],
    }
    return {name: Tally.count(each) for name, each in verdicts.items()}


def judge_shuffled(
    encoder: Encoder, names: Names, scenes: Sequence[Scene], pictures: torch.Tensor
) -> Mapping[str, Tally]:
    """Each scene with the picture of the next of its arrangement: what judges say of a model that guesses."""
    order = list(range(len(scenes)))
    for kind in {scene.arrangement for scene in scenes}:
        same = [number for number, scene in enumerate(scenes) if scene.arrangement is kind]
        for number, other in zip(same, [*same[1:], *same[:1]], strict=True):
            order[number] = other
    return judge(encoder, names, scenes, pictures[order])
