"""Which suspended calls may be merged: those of the same seat whose signatures are equal."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import torch

from pipeline.engine.step_batching.families import Rules


@dataclass(frozen=True, slots=True)
class Signature:
    """What a call looks like beyond its batch axis."""

    rows: int
    """Entries on the batch axis (two for a picture with classifier-free guidance)."""
    key: Hashable
    """Equal keys of one seat may be merged."""
    structure: Hashable
    """The key without sizes and values: what verification is done once for. It says which tensors count as joined by
    rows: one without batch axis may have as many entries as there are rows by chance, with guidance or without it."""


def of(arguments: dict[str, Any], rules: Rules) -> Signature:
    """The signature of named arguments."""
    rows = _rows(arguments, rules)
    names = sorted(arguments)
    key = tuple((name, _named(name, arguments[name], rows, rules)) for name in names)
    return Signature(rows, key, tuple((name, _structure(arguments[name], rows)) for name in names))


def _rows(arguments: dict[str, Any], rules: Rules) -> int:
    for name in rules.rows_from:
        value = arguments.get(name)
        if isinstance(value, torch.Tensor) and value.dim():
            return value.shape[0]
        if isinstance(value, list | tuple) and name in rules.listed:
            return len(value)
    for value in arguments.values():
        if isinstance(value, torch.Tensor) and value.dim():
            return value.shape[0]
    return 0


def _named(name: str, value: Any, rows: int, rules: Rules) -> Hashable:
    if isinstance(value, torch.Tensor) and name in rules.shared:
        return _content(value)
    if isinstance(value, list | tuple) and name in rules.listed and len(value) == rows:
        return "one a row"
    return _frozen(value, rows)


def _frozen(value: Any, rows: int) -> Hashable:
    if isinstance(value, torch.Tensor):
        if value.dim() == 0:
            # Integer and float time steps of different schedulers join: both are exact, and are embedded as floats.
            return "scalar"
        if value.shape[0] == rows:
            return ("rows", tuple(value.shape[1:]), value.dtype, value.device)
        return _content(value)
    if isinstance(value, dict):
        return tuple((key, _frozen(value[key], rows)) for key in sorted(value))
    if isinstance(value, list | tuple):
        return (type(value), *(_frozen(entry, rows) for entry in value))
    if value is None or isinstance(value, str | int | float | bool | torch.dtype | torch.device):
        return (type(value), value)
    return ("object", id(value))


def _content(value: torch.Tensor) -> Hashable:
    """A tensor without batch axis merges by value only."""
    data = value.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return ("same", tuple(value.shape), value.dtype, value.device, hashlib.blake2b(data, digest_size=16).digest())


def _structure(value: Any, rows: int) -> Hashable:
    if isinstance(value, torch.Tensor):
        return ("tensor", value.dim(), value.dtype, value.shape[0] == rows) if value.dim() else ("tensor", 0)
    if isinstance(value, dict):
        return tuple((key, _structure(value[key], rows)) for key in sorted(value))
    if isinstance(value, list | tuple):
        return (type(value), *(_structure(entry, rows) for entry in value[:1]))
    return type(value).__name__
