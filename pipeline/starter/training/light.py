"""The averages alone, in half precision, in parts small enough to be carried off a machine with every look at it.

Enough to draw with and to start another stage from; a stage goes on exactly where it was from a full checkpoint only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pipeline.starter.training import checkpoint
from pipeline.starter.training.failures import TrainingError

PART_BYTES = 12 * 1024 * 1024


def write(folder: Path, networks: Mapping[str, nn.Module], facts: checkpoint.Facts) -> None:
    """As ``part-0.safetensors`` and so on; the step among the facts tells parts of different times apart."""
    parts: list[dict[str, torch.Tensor]] = [{}]
    room = PART_BYTES
    for owner, network in networks.items():
        for name, tensor in network.state_dict().items():
            half = tensor.half() if tensor.is_floating_point() else tensor
            if parts[-1] and half.nbytes > room:
                parts.append({})
                room = PART_BYTES
            parts[-1][f"{owner}.{name}"] = half
            room -= half.nbytes
    for number, part in enumerate(parts):
        checkpoint.write(folder / f"part-{number}.safetensors", part, {**facts, "part": number, "parts": len(parts)})


def is_of(folder: Path, facts: checkpoint.Facts) -> bool:
    """Whether all parts are there, and of the checkpoint with these facts."""
    parts = checkpoint.facts_of(folder / "part-0.safetensors").get("parts", 0)
    found = [checkpoint.facts_of(folder / f"part-{number}.safetensors") for number in range(parts)]
    wanted = [{**facts, "part": number, "parts": parts} for number in range(parts)]
    return bool(parts) and found == wanted


def read(folder: Path, networks: Mapping[str, nn.Module]) -> dict[str, Any]:
    """Into networks of the same sizes; the facts."""
    first, facts = checkpoint.read(folder / "part-0.safetensors")
    found = dict(first)
    for number in range(1, facts["parts"]):
        more, others = checkpoint.read(folder / f"part-{number}.safetensors")
        if {**others, "part": 0} != facts:
            raise TrainingError(f"the parts in {folder} are of different checkpoints; bring all of one")
        found |= more
    for owner, network in networks.items():
        mine = {name.removeprefix(f"{owner}."): each for name, each in found.items() if name.startswith(f"{owner}.")}
        try:
            network.load_state_dict(mine)
        except RuntimeError as error:
            raise TrainingError(f"the weights in {folder} do not fit the networks: {error}") from error
    return facts
