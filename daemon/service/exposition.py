"""Figures for collectors, as the service hands them out; what they are is not the service's affair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from config.errors import BusyError


@dataclass(frozen=True, slots=True)
class Exposition:
    """All figures in one text, and the content type that names its format."""

    content_type: str
    text: bytes


class Metrics(Protocol):
    """Whoever counts."""

    async def expose(self, accept: str) -> Exposition:
        """The figures as they are now, in the form that the collector accepts."""


class NoMetrics:
    """Nobody counts (yet)."""

    async def expose(self, accept: str) -> Exposition:
        """Raises :class:`BusyError`."""
        raise BusyError("nothing is counted yet", hint="ask again once the daemon serves")
