"""What a request asks of an engine, as far as it decides how long that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pipeline.request import Request


@dataclass(frozen=True, slots=True)
class Work:
    """``count`` pictures of one size by one model."""

    model: str
    width: int
    height: int
    kind: str
    """``text`` or ``image``: what it is drawn from."""
    steps: int
    """That are run for each picture: image to image runs its share of the schedule only."""
    count: int = 1
    deterministic: bool = False
    """It shares its forwards with nobody."""

    @classmethod
    def of(cls, request: Request) -> Self:
        """The work of a settled request."""
        steps = request.steps or 0
        if request.image is not None and request.denoising_strength is not None:
            steps = min(int(steps * request.denoising_strength), steps)
        return cls(
            model=request.model or "",
            width=request.width or 0,
            height=request.height or 0,
            kind="text" if request.image is None else "image",
            steps=steps,
            count=request.count,
            deterministic=request.deterministic,
        )

    @property
    def megapixels(self) -> float:
        """Of one picture."""
        return self.width * self.height / 1e6
