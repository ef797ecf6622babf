"""Draw a picture again from its record and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One recorded fact that is not the same now."""

    fact: str
    recorded: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of drawing a picture again."""

    identical: bool
    """Every pixel is the same."""
    within_tolerance: bool
    """Identical, or similar enough where bit-identity is not promised; see ``tolerance``."""
    similarity_psnr_db: float | None
    """Peak signal-to-noise ratio between the two; None when identical (it is infinite) or the sizes differ."""
    tolerance: str
    """The rule that was applied, in words."""
    differences: tuple[Difference, ...]
    picture_id: str | None
    job_id: str
    """The job that drew it again."""
