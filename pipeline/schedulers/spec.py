"""One scheduler: a solver with a schedule of noise levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Option = str | int | float | bool


@dataclass(frozen=True, slots=True)
class SchedulerSpec:
    """One scheduler: what it is called and how it is built."""

    name: str
    solver: str
    schedule: str | None
    class_name: str
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))
    flow: bool = False
    """For flow-matching models only (the others are for models that predict noise, v or the sample)."""
    requires: str | None = None
    """A further Python package that diffusers needs for it."""
