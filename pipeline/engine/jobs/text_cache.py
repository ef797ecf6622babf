"""Prompts that were encoded before are not encoded again: a job's pictures share one, most jobs the negative one.

Text calls are never merged, so that a cached answer is bit for bit what the picture would have computed itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import torch

from pipeline.engine.step_batching.forward import Forwards, Outcome
from pipeline.engine.step_batching.rendezvous import Call

MAX_ENTRIES = 64
MAX_TOKENS = 4096
"""Longer inputs are not looked up; they are no prompts."""


class TextCache:
    """The last answers of the text encoders."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()

    def serve(self, call: Call, forwards: Forwards, *, deterministic: bool) -> Outcome:
        """The answer to a text encoder call, computed at most once."""
        key = _key(call, deterministic)
        if key is not None and key in self._answers:
            self._answers.move_to_end(key)
            return Outcome(self._answers[key])
        outcome = forwards.alone(call, deterministic=deterministic)
        if key is not None and outcome.error is None:
            self._answers[key] = outcome.answer
            if len(self._answers) > MAX_ENTRIES:
                self._answers.popitem(last=False)
        return outcome

    def forget(self) -> None:
        """Drop everything, as a model that leaves memory must not be kept by its answers."""
        self._answers.clear()


def _key(call: Call, deterministic: bool) -> Hashable | None:
    """By content: the token numbers, and everything else that was passed."""
    parts: list[Hashable] = []
    for name, value in sorted(call.named().items()):
        if isinstance(value, torch.Tensor):
            if value.numel() > MAX_TOKENS or value.is_floating_point():
                return None
            parts.append((name, tuple(value.shape), tuple(value.reshape(-1).tolist())))
        elif value is None or isinstance(value, str | int | float | bool):
            parts.append((name, value))
        else:
            return None
    return (call.seat, call.state, deterministic, tuple(parts))
