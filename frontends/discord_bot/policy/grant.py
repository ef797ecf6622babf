"""What somebody may do in a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from daemon.service import Limit


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
