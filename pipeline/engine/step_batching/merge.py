"""Join the arguments of several calls on the batch axis, and split the answer again.

The calls have equal signatures; ``rows`` is the number of entries each brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pipeline.engine.step_batching.families import Rules


def merge(arguments: Sequence[dict[str, Any]], rows: Sequence[int], rules: Rules) -> dict[str, Any]:
    """One call's named arguments out of several calls' named arguments."""
    merged: dict[str, Any] = {}
    for name, first in arguments[0].items():
        values = [one[name] for one in arguments]
        if name in rules.shared:
            merged[name] = first
        elif name in rules.listed and isinstance(first, list | tuple):
            merged[name] = type(first)(entry for value in values for entry in value)
        else:
            merged[name] = _joined(values, rows)
    return merged


def _joined(values: list[Any], rows: Sequence[int]) -> Any:
    first = values[0]
    if isinstance(first, torch.Tensor):
        if first.dim() == 0:
            return torch.cat([value.to(first.device).expand(count) for value, count in zip(values, rows, strict=True)])
        return torch.cat(values) if first.shape[0] == rows[0] else first
    if isinstance(first, dict):
        return {key: _joined([value[key] for value in values], rows) for key in first}
    if isinstance(first, list | tuple):
        return type(first)(_joined([value[i] for value in values], rows) for i in range(len(first)))
    return first


def split(answer: Any, rows: Sequence[int]) -> list[Any]:
    """The answer for each call. Tensors are views into the merged one."""
    if isinstance(answer, torch.Tensor):
        return list(torch.split(answer, list(rows)))
    if answer is None:
        return [None] * len(rows)
    if isinstance(answer, dict):  # ModelOutput of both libraries is an ordered dictionary
        parts = {key: split(value, rows) for key, value in answer.items()}
        return [type(answer)(**{key: part[i] for key, part in parts.items()}) for i in range(len(rows))]
    if isinstance(answer, list) and len(answer) == sum(rows):
        return _sliced(answer, rows)
    if isinstance(answer, list | tuple):
        columns = [split(value, rows) for value in answer]
        return [type(answer)(column[i] for column in columns) for i in range(len(rows))]
    raise TypeError(f"an answer of type {type(answer).__name__} can't be split")


def _sliced(answer: list[Any], rows: Sequence[int]) -> list[Any]:
    ends = [sum(rows[: i + 1]) for i in range(len(rows))]
    return [answer[end - count : end] for end, count in zip(ends, rows, strict=True)]
