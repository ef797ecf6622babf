"""One model that can be asked for by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from config.errors import UserError
from pipeline.messages import ModelPlace
from pipeline.request import Defaults

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
UNKNOWN_LICENCE = "unknown"


class ModelEntry(BaseModel):
    """What the registry knows of a model. ``sha256`` is its fingerprint when it was added."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, Field(pattern=rf"^{NAME.pattern}$")]
    path: Path
    family: str
    revision: str | None = None
    """The full commit of a model that came from a hub; recorded, never followed."""
    sha256: str
    files: dict[str, str] = Field(default_factory=dict)
    """The sha256 of each file that the fingerprint is made of; empty in entries of older versions."""
    licence: str = UNKNOWN_LICENCE
    defaults: Defaults
    description: str = ""
    subjects: tuple[str, ...] | None = None
    """What it can draw, where that is a list (the starter's)."""


def place(entry: ModelEntry) -> ModelPlace:
    """What the engine is told."""
    return ModelPlace(name=entry.name, path=str(entry.path), family=entry.family, sha256=entry.sha256)


def check_name(name: str) -> str:
    """The name itself; raises :class:`UserError` when it can't be one."""
    if not NAME.fullmatch(name):
        raise UserError(
            f"name: {name[:80]!r} can't be the name of a model",
            field="name",
            hint="1 to 64 lower-case letters, digits, dots, underscores and hyphens, beginning with a letter or digit",
        )
    return name
