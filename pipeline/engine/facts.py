"""What else decided the pixels of a picture: recorded beside it, so that it can be drawn again and compared."""

from __future__ import annotations

import platform

import diffusers
import torch
import transformers

from pipeline.engine.devices import Device

Facts = dict[str, str | int | float | bool]


def versions() -> dict[str, str]:
    """The libraries whose version decides pixels."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # a class of torch's own, which no message can carry
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
    }


def of_engine(device: Device, dtype: str) -> Facts:
    """What is the same for every picture of one engine."""
    facts: Facts = {**versions(), "device": device.torch.type, "device_name": device.name, "dtype": dtype}
    if device.torch.type == "cpu":
        facts |= {"cpu_capability": torch.backends.cpu.get_cpu_capability(), "threads": torch.get_num_threads()}
    elif device.torch.type == "cuda":
        facts["cuda"] = torch.version.hip or torch.version.cuda or ""
    return facts
