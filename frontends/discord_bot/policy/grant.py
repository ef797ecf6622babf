"""What somebody may do in a place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from daemon.service import Limit

STEP, LEAST_SIDE = 8, 64
"""Of the sides of a picture, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What holds for a job, after it was decided that there may be one."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Of the place, by the names of options."""
    spoiler: bool = False
    """Every picture is hidden behind a spoiler."""
    limits: tuple[Limit, ...] = ()
    groups: tuple[str, ...] = ()
    """Under what the job counts, beside its owner."""
    models: tuple[str, ...] | None = None
    """Those that may be used; None: every one."""
    maxima: Mapping[str, int] = field(default_factory=dict)
    """``steps``, ``pixels`` and ``count`` at most, as far as they are limited."""

    def model(self, names: Sequence[str]) -> str | None:
        """Which model draws when none was named, of those that there are, the usual one first.

        None where every one may be used: then nobody need say it.
        """
        return None if self.models is None else next((name for name in names if name in self.models), None)

    def fitted(self, fields: Mapping[str, Any], completed: Mapping[str, Any]) -> dict[str, Any]:
        """What was left open and would be over a maximum, brought under it: nobody is refused what he did not ask for.

        ``completed`` are the fields with what the model draws with.
        """
        found: dict[str, Any] = {}
        steps, pixels = self.maxima.get("steps"), self.maxima.get("pixels")
        if steps is not None and "steps" not in fields and completed["steps"] > steps:
            found["steps"] = steps
        if pixels is not None and "width" not in fields and "height" not in fields:
            width, height = completed["width"], completed["height"]
            if width * height > pixels:
                found |= _within(pixels, width, height)
        return found


def _within(pixels: int, width: int, height: int) -> dict[str, int]:
    """The same shape with at most so many pixels, as far as sides may be that short."""
    shrink = math.sqrt(pixels / (width * height))
    across, up = _side(width * shrink), _side(height * shrink)
    if across * up > pixels:
        across, up = (_side(pixels / up), up) if across > up else (across, _side(pixels / across))
    return {"width": across, "height": up}


def _side(pixels: float) -> int:
    return max(LEAST_SIDE, int(pixels) // STEP * STEP)
