"""What a user typed, made harmless: it shows as it was typed, and marks up, mentions and links nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MOST_MARKS = 4
"""Combining marks on one letter; a tower of them would cover the lines above."""

ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
"""Letters and symbols that show nothing."""
_ALWAYS = frozenset("\\*_~`|[]<>")
_AT_LINE_START = re.compile(r"(\s*)(#{1,3}(?=\s)|[-+](?=\s)|-(?=#)|\d{1,9}(?=[.)]\s))")
_SPACE = "\u200b"
"""Shows nothing and keeps an ``@`` from being a mention."""


def plain(text: str, limit: int) -> str:
    """The text for a message, at most ``limit`` characters long with what makes it harmless, cut with an ellipsis."""
    return _within(_pieces(cleaned(text)), limit)


def fenced(text: str, limit: int) -> str:
    """The text as a block that can be copied as it is; ``limit`` counts the fences too."""
    inner = _within(_unfenced(cleaned(text)), limit - 8)
    return f"```\n{inner or ' '}\n```"


def line(text: str, limit: int) -> str:
    """The text on one line for places without markup: labels, titles, options."""
    return _within(iter(" ".join(cleaned(text).split())), limit)


def alt(text: str, limit: int = 1_024) -> str:
    """The text as the description of a picture, which shows no markup."""
    return _within(iter(cleaned(text)), limit)


def cleaned(text: str) -> str:
    """Without what can't be seen or turns the text round; line breaks stay, long runs of them don't."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept: list[str] = []
    marks = 0
    for character in text.replace("\t", " "):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks <= MOST_MARKS and _seen(character, kind):
            kept.append(character)
    return re.sub(r"\n{3,}", "\n\n", "".join(kept)).strip()


def units(text: str) -> int:
    """The length as the strictest reader counts it: a character beyond the first plane is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _seen(character: str, kind: str) -> bool:
    if character == "\n" or character in _JOINERS:
        return True
    return kind not in ("Cc", "Cf", "Cs", "Co") and character not in _FILLERS


def _pieces(text: str) -> Iterator[str]:
    """Character by character, each with what makes it harmless; a piece is never cut in two."""
    for number, each in enumerate(text.split("\n")):
        if number:
            yield "\n"
        start = _AT_LINE_START.match(each)
        rest = 0
        if start:
            yield start[1]
            mark = start[2]
            yield f"{mark}\\{each[start.end()]}" if mark.isdigit() else f"\\{mark}"
            rest = start.end() + (1 if mark.isdigit() else 0)
        yield from _of_line(each, rest)


def _of_line(each: str, begin: int) -> Iterator[str]:
    for at in range(begin, len(each)):
        character = each[at]
        if character == "@":
            yield f"@{_SPACE}"
        elif character in _ALWAYS or (character == ":" and each.startswith("//", at + 1)):
            yield f"\\{character}"
        else:
            yield character


def _unfenced(text: str) -> Iterator[str]:
    for character in text:
        yield f"`{_SPACE}" if character == "`" else character


def _within(pieces: Iterator[str], limit: int) -> str:
    kept: list[str] = []
    length = 0
    cut = 0
    """How many of the pieces leave room for the ellipsis."""
    for piece in pieces:
        length += units(piece)
        if length > limit:
            whole = "".join(kept[:cut]).rstrip(f" \n{_JOINERS}")
            return f"{whole}{ELLIPSIS}" if limit >= 1 else ""
        kept.append(piece)
        if length <= limit - 1:
            cut = len(kept)
    return "".join(kept)
