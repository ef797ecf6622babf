"""The places in a text: ``{date}``, ``{date:%d.%m.}``, ``{n}``, ``{red|green|{n}}``, ``__animals__``.

``{{`` and ``}}`` stand for the braces themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.errors import UserError

DEEPEST = 5
_WILDCARD = re.compile(r"__([A-Za-z0-9](?:[A-Za-z0-9-]|_(?!_)){0,60})__")
_PLACE = re.compile(r"([a-z]+)(?::(.{1,40}))?", re.S)


@dataclass(frozen=True, slots=True)
class Place:
    """A word in braces, and what follows its colon."""

    name: str
    form: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A line of a list."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several texts."""

    of: tuple[Text, ...]


Part = str | Place | Wildcard | Choice
Text = tuple[Part, ...]


def parse(text: str, field: str) -> Text:
    """:class:`UserError` names the field when braces do not match or hold nothing that is known."""
    return tuple(_parts(text, field, 0))


def _parts(text: str, field: str, depth: int) -> Iterator[Part]:
    at = 0
    plain = ""
    while at < len(text):
        sign = text[at]
        if text[at : at + 2] in ("{{", "}}") and not (depth and sign == "}"):
            plain += sign
            at += 2
        elif sign == "{":
            yield from _plain(plain)
            plain = ""
            end = _end(text, at, field)
            yield _braced(text[at + 1 : end], field, depth)
            at = end + 1
        elif sign == "}":
            raise UserError(f"{field}: a }} closes nothing", field=field, hint="write }} twice for the sign itself")
        else:
            plain += sign
            at += 1
    yield from _plain(plain)


def _plain(text: str) -> Iterator[Part]:
    at = 0
    for match in _WILDCARD.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        yield Wildcard(match[1])
        at = match.end()
    if at < len(text):
        yield text[at:]


def _end(text: str, start: int, field: str) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise UserError(f"{field}: a {{ is not closed", field=field, hint="write {{ for the sign itself")


def _braced(inner: str, field: str, depth: int) -> Part:
    if depth >= DEEPEST:
        raise UserError(f"{field}: braces lie more than {DEEPEST} deep", field=field)
    branches = _branches(inner)
    if len(branches) > 1:
        return Choice(tuple(tuple(_parts(branch, field, depth + 1)) for branch in branches))
    match = _PLACE.fullmatch(inner.strip())
    if match is None:
        hint = "write {date}, {n} or {red|green}, or {{ for the sign itself"
        raise UserError(f"{field}: {{{inner[:40]}}} is no place to fill in", field=field, hint=hint)
    return Place(match[1], match[2] or "")


def _branches(inner: str) -> Sequence[str]:
    found, depth = [""], 0
    for sign in inner:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return found
