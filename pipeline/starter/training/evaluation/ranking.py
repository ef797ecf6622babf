"""Whether an encoder puts the right caption first among those of other scenes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from pipeline.starter.training.evaluation.encoder import Encoder
from pipeline.starter.training.evaluation.tally import Tally

CHOICES = 50


def judge(encoder: Encoder, pictures: torch.Tensor, captions: Sequence[str]) -> Tally:
    """Groups of 50 painted scenes; two of a group may have the same caption, then either is right."""
    verdicts: list[bool] = []
    for start in range(0, len(captions), CHOICES):
        group = captions[start : start + CHOICES]
        best = encoder.scores(pictures[start : start + CHOICES], group).argmax(1).tolist()
        verdicts += [group[found] == group[row] for row, found in enumerate(best)]
    return Tally.count(verdicts)
