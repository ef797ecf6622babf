"""Which device computes, and how many pictures it likes to draw together."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from config.errors import ConfigurationError

CPU_CAPACITY = 8
"""Measured on two cores with the starter: eight together take 0.8 to 0.95 of one by one, sixteen no less."""
ACCELERATOR_CAPACITY = 16
"""Measured on an H100: Stable Diffusion 1.5 gains up to 16 together; larger networks are full before."""


@dataclass(frozen=True, slots=True)
class Device:
    """A place to compute."""

    torch: torch.device
    name: str
    capacity: int

    @property
    def types(self) -> tuple[str, ...]:
        """The device types whose thread state matters."""
        return ("cpu",) if self.torch.type == "cpu" else ("cpu", self.torch.type)


def choose(wanted: str, capacity: int = 0) -> Device:
    """The device named by the settings; ``auto`` takes the first accelerator there is (ROCm is ``cuda``), else the CPU.

    Raises :class:`ConfigurationError` when the named device is not there.
    """
    name = _detect() if wanted == "auto" else wanted
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = next(iter(str(error).splitlines()), "")
        hint = f"use engine.device = auto; this machine offers {_detect()} ({reason})"
        raise ConfigurationError(f"there is no device {name}", field="engine.device", hint=hint) from None
    together = CPU_CAPACITY if device.type == "cpu" else ACCELERATOR_CAPACITY
    return Device(device, _describe(device), capacity or together)


def _detect() -> str:
    if torch.cuda.is_available():
        return "cuda"
    if torch.xpu.is_available():
        return "xpu"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


def _describe(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "xpu":
        return torch.xpu.get_device_name(device)
    return _processor() or platform.machine() or device.type


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(names, platform.processor())
