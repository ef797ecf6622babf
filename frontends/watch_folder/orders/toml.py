"""TOML of strangers: what would take the parser for ever is refused before it begins."""

from __future__ import annotations

import tomllib
from typing import Any

MAX_DOTS_SQUARED = 8_000_000
"""Summed over the lines. A dotted key of n parts takes the parser n squared steps: 2,800 dots in one line are a third
of a second, the half a million that a file may hold would be hours."""


def loads(source: str) -> dict[str, Any]:
    """The table; raises ``ValueError`` (``tomllib.TOMLDecodeError`` is one) and ``RecursionError``."""
    if sum(line.count(".") ** 2 for line in source.split("\n")) > MAX_DOTS_SQUARED:
        raise tomllib.TOMLDecodeError("too many dots in one line")
    return tomllib.loads(source)
