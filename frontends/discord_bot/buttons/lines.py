"""Options as lines of a text: ``steps: 20``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from frontends.discord_bot.options import Option
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.words import Words
from pipeline.request import Request

MOST_NEGATIVE = 3_000
_LINE = re.compile(r"([^:=]{1,40}?)\s*[:=]\s*(.*)")
NEVER = frozenset({"seed"})
"""What is not written down beforehand, so that it is chosen anew."""


def shown(options: Iterable[Option], request: Request) -> str:
    """What the request says of these, a line each."""
    lines = []
    for option in options:
        value = getattr(request, option.field or "", None)
        if value in (None, "") or option.name in NEVER:
            continue
        written = f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())[:MOST_NEGATIVE]
        lines.append(f"{option.name}: {written}")
    return "\n".join(lines)


def read(text: str, options: Sequence[Option], words: Words) -> dict[str, Any]:
    """What the lines say, by the names of the options. Raises :class:`Refused` that names the line."""
    known = {option.name: option for option in options}
    known |= {words.label(f"option.{option.name}.name"): option for option in options}
    said: dict[str, Any] = {}
    for each in filter(None, map(str.strip, text.splitlines())):
        found = _LINE.fullmatch(each)
        if found is None:
            raise Refused("errors.not_a_line", line=each[:100])
        option = known.get(found[1].strip().casefold())
        if option is None:
            raise Refused("errors.not_offered", name=found[1], known=", ".join(each.name for each in options))
        if found[2]:
            said[option.name] = _value(option, found[2].strip())
    return said


def _value(option: Option, written: str) -> Any:
    try:
        if option.kind is int:
            return int(written)
        return float(written.replace(",", ".")) if option.kind is float else written
    except ValueError:
        raise Refused("errors.not_a_number", name=option.name, value=written[:100]) from None
