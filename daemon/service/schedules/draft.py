"""What a schedule shall say, as somebody gave it: untrusted throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One of ``cron``, ``every``, ``calendar`` and ``at`` says when. Times are ISO 8601, in ``time_zone`` unless they
    carry an offset; spans are ``2s``, ``5m``, ``1h``, ``1d``."""

    name: str
    request: Mapping[str, Any]
    """Fields of a request (see :class:`pipeline.request.Request`). Prompts may hold places: ``{date}``, ``{n}``,
    ``{red|green}``, ``__animals__``."""
    cron: str | None = None
    every: str | None = None
    calendar: str | None = None
    at: str | None = None
    time_zone: str | None = None
    """IANA name; the one of the settings, else of the machine, when open. What it is then is kept."""
    gap: str = "next"
    overlap: str = "first"
    catch_up: str = "one"
    jitter: str | None = None
    """Each time is carried out up to this span later."""
    starts_at: str | None = None
    ends_at: str | None = None
    max_runs: int | None = None
    max_in_flight: int = 1
    quiet_hours: str | None = None
    """``22:00-07:00``: nothing is due then."""
    owner: str | None = None
    """``schedule:NAME`` when open."""
    seed_rule: str | None = None
    """``random``, ``fixed``, ``increment`` or ``date``; ``fixed`` when the request has a seed, else ``random``."""
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    evolve: bool = False
    """Each picture starts from the one before."""
    image: bytes | None = None
    """An input picture as received."""
    target: Mapping[str, Any] = field(default_factory=lambda: {"kind": "gallery"})
    """``{"kind": "gallery"}``, ``{"kind": "folder", "path": ...}``, ``{"kind": "webhook", "url": ...}``, or ``discord``
    with a ``channel``, its ``guild`` (or ``none``), whose it is (``user``), his ``locale``, ``spoiler`` (yes, no) and
    those of his ``roles`` that rules name (or ``none``)."""
