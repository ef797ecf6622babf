"""What somebody wants drawn, before anything about it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import discord


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Of a command ``said`` holds what was filled in; of a button ``fields`` are those of the job it belongs to."""

    said: Mapping[str, Any] | None = None
    """By the names of options. Own settings and those of the place stand where it says nothing; None: they don't."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Of the request, over what was said."""
    image: bytes | discord.Attachment | None = None
    """To start from."""
    parent: str | None = None
    """The picture or job that it comes from."""
    private: bool | None = None
    spoiler: bool | None = None
