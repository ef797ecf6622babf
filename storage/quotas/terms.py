"""On which terms a job may be accepted, as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

What = Literal["pictures", "engine_ms", "bytes", "queued"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most ``limit`` of ``what`` in the named scope, in a day or a month (or at any time, where ``per`` is None)."""

    scope: str
    rule: str
    """The rule or the setting that says so, in its own words."""
    what: What
    per: Literal["day", "month"] | None
    limit: int


@dataclass(frozen=True, slots=True)
class Terms:
    """All that must hold for a job to be accepted, and the engine time it is thought to take."""

    allowances: tuple[Allowance, ...] = ()
    engine_ms: int = 0


UNLIMITED = Terms()


@dataclass(frozen=True, slots=True)
class Need:
    """What a job may come to use at most; reserved while it is open."""

    scopes: tuple[str, ...]
    pictures: int
    engine_ms: int
    bytes: int


def scopes_of(owner: str, groups: Sequence[str]) -> tuple[str, ...]:
    """Under what a job counts."""
    return (f"owner:{owner}", *groups)


def groups_of(text: str) -> tuple[str, ...]:
    """The groups of a row."""
    return tuple(json.loads(text))


def largest_bytes(width: int, height: int, count: int, words: int) -> int:
    """No file set of so many pictures is larger: pixels that don't compress, and the record with its words."""
    pixels = height * (3 * width + 1)
    return count * (pixels + pixels // 1000 + 4 * words + 16_384)
