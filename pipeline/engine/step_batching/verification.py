"""The first merged forward of a kind is compared with single ones; a kind that differs is never merged again."""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from typing import Any

import torch

from pipeline.engine.step_batching.rendezvous import Call

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3, torch.float16: 0.03, torch.bfloat16: 0.08}
"""Allowed ``|merged - alone| / |alone|`` of one forward. Kernels differ by batch shape: measured 1e-6 in float32 and
0.5 to 1.6 % in bfloat16 on CPU and GPU; rows that were mixed up differ by the order of 1."""


class Verdicts:
    """What is known about merging, by module and structure of the arguments."""

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[torch.nn.Module, dict[Hashable, bool]] = weakref.WeakKeyDictionary()

    def mergeable(self, call: Call) -> bool | None:
        """True or false once verified, else None."""
        if call.seat.rules.alone:
            return False
        return self._known.get(call.seat.module, {}).get(call.signature().structure)

    def note(self, call: Call, agrees: bool) -> None:
        """Remember the outcome of a verification."""
        self._known.setdefault(call.seat.module, {})[call.signature().structure] = agrees


def agree(merged: Any, alone: Any) -> bool:
    """Whether two answers are the same within the rounding of their dtype."""
    if isinstance(alone, torch.Tensor):
        if merged.shape != alone.shape:
            return False
        if not alone.is_floating_point():
            return bool(torch.equal(merged, alone))
        reference, other = alone.double(), merged.double()
        difference = float((other - reference).norm())
        return difference <= TOLERANCE.get(alone.dtype, 1e-3) * max(float(reference.norm()), 1e-6)
    if isinstance(alone, dict):
        return all(agree(merged[key], alone[key]) for key in alone)
    if isinstance(alone, list | tuple):
        return len(merged) == len(alone) and all(agree(a, b) for a, b in zip(merged, alone, strict=True))
    return bool(merged == alone)
