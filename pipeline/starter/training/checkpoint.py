"""The state of a stage as one safetensors file that is whole or absent: written beside, synced, renamed.

A kill or a full disk in the middle leaves the older file. The directory is synced too, or a power cut could undo the
renaming (https://lwn.net/Articles/457667/).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import save

from pipeline.starter.training.failures import TrainingError

Facts = Mapping[str, Any]
"""What JSON can hold."""
_KEY = "training"


def write(file: Path, tensors: Mapping[str, torch.Tensor], facts: Facts) -> None:
    """In the place of an older file of this name."""
    data = save({name: _plain(each) for name, each in tensors.items()}, metadata={_KEY: json.dumps(dict(facts))})
    write_bytes(file, data)


def write_bytes(file: Path, data: bytes) -> None:
    """Any file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    with beside.open("wb") as writable:
        writable.write(data)
        writable.flush()
        os.fsync(writable.fileno())
    os.replace(beside, file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read(file: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors on the CPU, and the facts."""
    try:
        with safetensors.safe_open(file, framework="pt") as opened:
            facts = json.loads((opened.metadata() or {})[_KEY])
            return {name: opened.get_tensor(name) for name in opened.keys()}, facts  # noqa: SIM118 (no mapping)
    except (OSError, safetensors.SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"{file} is no checkpoint of this program, or is damaged: {error}") from error


def facts_of(file: Path) -> dict[str, Any]:
    """The facts alone; none where there is no such file or it is damaged."""
    try:
        with safetensors.safe_open(file, framework="pt") as opened:
            found = json.loads((opened.metadata() or {})[_KEY])
    except (OSError, safetensors.SafetensorError, KeyError, ValueError):
        return {}
    return dict(found)


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """Its own memory in the usual order: safetensors takes no views, and channels may come last on the device."""
    return tensor.detach().cpu().contiguous().clone(memory_format=torch.contiguous_format)
