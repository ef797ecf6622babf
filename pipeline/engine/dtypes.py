"""In which precision a device computes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

_BY_NAME = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True)
class Precision:
    """The dtype of the networks, and of the VAE, which overflows in float16 (Stable Diffusion XL's does)."""

    networks: torch.dtype
    vae: torch.dtype

    @property
    def name(self) -> str:
        """As the settings spell it."""
        return str(self.networks).removeprefix("torch.")


def choose(wanted: str, device: torch.device) -> Precision:
    """What the settings ask for; ``auto`` is bfloat16 where the device computes in it."""
    networks = _automatic(device) if wanted == "auto" else _BY_NAME[wanted]
    return Precision(networks, torch.float32 if networks is torch.float16 else networks)


def _automatic(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "xpu":
        return torch.bfloat16
    if device.type == "mps":
        return torch.bfloat16 if torch.backends.mps.is_macos_or_newer(14, 0) else torch.float32
    return torch.bfloat16 if _cpu_computes_bfloat16() else torch.float32


def _cpu_computes_bfloat16() -> bool:
    """Without these instructions bfloat16 on a CPU is emulated, slower than float32 (with them twice as fast)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
