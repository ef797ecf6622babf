"""A picture whose file is durable and whose row is still to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    """``path`` is relative to the state directory, ``sha256`` of the file, ``pixels_sha256`` of its RGB bytes."""

    id: str
    index: int
    path: str
    sha256: str
    pixels_sha256: str
    seed: int
    width: int
    height: int
    bytes: int
    facts: Mapping[str, Any]
