"""Ids of buttons and menus: a verb, a job and where needed a picture. They say what to look up, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from config.ids import ALPHABET, LENGTH

VERBS = (
    "pick",
    "subtle",
    "strong",
    "reroll",
    "edit",
    "parameters",
    "favourite",
    "spoiler",
    "delete",
    "cancel",
    "retry",
    "page",
    "newest",
    "liked",
    "found",
    "pointed",
    "remove",
)
JOB = rf"(?P<job>[{ALPHABET}]{{{LENGTH}}})"
INDEX = r"(?P<index>0|[1-9][0-9]?)"
_WHOLE = re.compile(rf"mz:(?P<verb>{'|'.join(VERBS)}):{JOB}(?::{INDEX})?")


@dataclass(frozen=True, slots=True)
class ButtonId:
    """What a custom id says."""

    verb: str
    job: str
    index: int | None = None
    """Of the picture, from 0 on."""


def build(verb: str, job: str, index: int | None = None) -> str:
    """The custom id; ``ValueError`` for what could not be read back."""
    made = f"mz:{verb}:{job}" if index is None else f"mz:{verb}:{job}:{index}"
    if parse(made) is None:
        raise ValueError(f"{made!r} can't be the id of a button")
    return made


def parse(custom_id: str) -> ButtonId | None:
    """What a custom id says; None when it is not one of ours to the letter."""
    found = _WHOLE.fullmatch(custom_id)
    if found is None:
        return None
    index = found["index"]
    return ButtonId(found["verb"], found["job"], None if index is None else int(index))


def template(verb: str) -> str:
    """The expression by which the library finds the buttons of a verb."""
    return rf"mz:{verb}:{JOB}(?::{INDEX})?"
