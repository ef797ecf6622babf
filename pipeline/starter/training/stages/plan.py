"""How a stage learns, as figures."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("unet", "polish", "clip", "control")
"""In the order in which they build on each other."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``rate`` is the highest learning rate; ``floor`` is the part of it that is left at the end."""

    seconds: float
    rate: float
    batch: int
    warmup_steps: int
    floor: float = 0.01
    hold: float = 0.0
    scenes: int = 0
    """In the pool of latents, where there is one."""
    checkpoint_seconds: float = 120.0
    report_steps: int = 100


FULL = {
    "unet": Plan(seconds=1300, rate=1e-3, batch=512, warmup_steps=500, scenes=81_920, report_steps=500),
    # From the averages, with a fifth of the highest rate of the first part, which ended with a hundredth.
    "polish": Plan(seconds=300, rate=2e-4, batch=512, warmup_steps=100, scenes=81_920, report_steps=500),
    "clip": Plan(seconds=150, rate=1e-3, batch=1024, warmup_steps=200),
    "control": Plan(seconds=200, rate=4e-4, batch=256, warmup_steps=100, floor=0.02),
}
TINY = {
    "unet": Plan(seconds=2, rate=1e-3, batch=8, warmup_steps=5, scenes=16, report_steps=5),
    "polish": Plan(seconds=1, rate=2e-4, batch=8, warmup_steps=5, scenes=16, report_steps=5),
    "clip": Plan(seconds=2, rate=1e-3, batch=8, warmup_steps=5, report_steps=5),
    "control": Plan(seconds=2, rate=4e-4, batch=4, warmup_steps=5, report_steps=5),
}
