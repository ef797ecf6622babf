"""What a job has cost so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Spent:
    """Seconds and passes of one job; :class:`pipeline.messages.Finished` tells what they mean."""

    engine_seconds: float = 0.0
    forward_seconds: float = 0.0
    drawing_seconds: float = 0.0
    """Also what its deadline counts."""
    forwards: int = 0
    forwards_share: float = 0.0

    def charge(self, seconds: float) -> None:
        """It took so much of the engine's time."""
        self.engine_seconds += seconds

    def charge_forward(self, seconds: float, share: float, *, passes: int = 1) -> None:
        """It took its share of one forward of the denoiser, which was made in so many passes."""
        self.engine_seconds += seconds * share
        self.forward_seconds += seconds * share
        self.forwards += 1
        self.forwards_share += passes * share
