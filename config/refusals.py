"""What the models refuse, in words for an operator: which setting, what about it, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config import keys
from config.environment import Environment
from config.errors import Problem
from config.nearest import nearest

LONGEST = 60
PREFIXES = ("Input should ", "Value error, ")


def problems(error: ValidationError, environment: Environment, file: Path | None) -> Iterator[Problem]:
    """One problem for each thing refused, named after the variable or the key of the file that set it."""
    for each in error.errors(include_url=False):
        location = tuple(str(part) for part in each["loc"])
        key = ".".join(part for part in location if not part.isdigit())
        shown = environment.source_of(location)
        if shown is None:
            shown = f"{key} in {file}" if file else key
        if each["type"] == "extra_forbidden":
            yield Problem(
                shown, "there is no such setting", _meant(key, each["input"], in_variable=shown.startswith(keys.PREFIX))
            )
        else:
            yield Problem(shown, _message(each["msg"], each["input"]), _hint(each))


def _meant(key: str, given: object, *, in_variable: bool) -> str:
    inside = " ".join(map(str, given)) if isinstance(given, dict) else ""
    if keys.SECRET.search(f"{key} {inside}"):
        return keys.NO_SECRETS
    near = keys.meant(key)
    if near is None:
        return "remove it; default.toml shows every key"
    return f"did you mean {keys.variable(near) if in_variable else near}?"


def _message(words: str, given: object) -> str:
    for prefix in PREFIXES:
        words = words.removeprefix(prefix)
    text = repr(given)
    return f"must {words.removeprefix('must ')}; it is {text if len(text) <= LONGEST else text[:LONGEST] + '…'}"


def _hint(error: Any) -> str | None:
    if error["type"] == "literal_error":
        choices = [choice.strip(" '") for choice in error["ctx"]["expected"].replace(" or ", ",").split(",")]
        near = nearest(str(error["input"]), choices)
        return f"did you mean {near!r}?" if near else None
    return None
