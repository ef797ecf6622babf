"""From a checked folder to a registry entry: the family by its pipeline class, the rest from ``mezzotint.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.models import content
from pipeline.models.families import BY_PIPELINE_CLASS, Family
from pipeline.models.findings import Finding, RefusedModelError
from pipeline.request import Defaults

FILE = "mezzotint.json"
MAX_SUBJECTS = 10_000


class OwnWords(BaseModel):
    """What a model folder says of itself in ``mezzotint.json``; all of it optional."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    licence: str | None = None
    description: str = ""
    defaults: dict[str, Any] = Field(default_factory=dict)
    subjects: str | None = None
    """Name of a JSON file beside it with a list ``subjects``."""


def family_of(root: Path) -> Family:
    """By the pipeline class of ``model_index.json``; the folder has been checked."""
    return BY_PIPELINE_CLASS[content.read_json(root / "model_index.json")["_class_name"]]


def own_words(root: Path) -> OwnWords:
    """Empty when the file is not there; raises :class:`RefusedModelError` when it makes no sense."""
    file = root / FILE
    if not file.is_file():
        return OwnWords()
    try:
        return OwnWords.model_validate(content.read_json(file))
    except (ValueError, ValidationError):
        raise RefusedModelError(root.name, [Finding(FILE, "does not read as a description of a model")]) from None


def defaults_of(root: Path, family: Family, words: OwnWords) -> Defaults:
    """The family's, with what the folder says on top."""
    try:
        return Defaults.model_validate({**family.defaults.model_dump(), **words.defaults})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in ("defaults", *first["loc"]))
        raise RefusedModelError(root.name, [Finding(FILE, f"{where}: {first['msg']}")]) from None


def subjects_of(root: Path, words: OwnWords) -> tuple[str, ...] | None:
    """The list of what it can draw, if it has one."""
    if words.subjects is None or Path(words.subjects).name != words.subjects:
        return None
    try:
        listed = content.read_json(root / words.subjects)["subjects"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return tuple(str(each)[:200] for each in listed[:MAX_SUBJECTS]) if isinstance(listed, list) else None
