"""What Discord makes of a text, as far as our own texts use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["plain", "heading", "small", "block"]
_RUN = re.compile(
    r"\\(?P<escaped>[^A-Za-z0-9\s])|\*\*(?P<bold>.+?)\*\*|\[(?P<name>[^\]]+)\]\((?P<url>[^)]+)\)|`(?P<code>[^`]+)`"
    r"|<t:(?P<time>\d+):R>|(?P<plain>[^\\*\[`<]+|.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Run:
    """Characters of one look."""

    text: str
    look: Literal["plain", "bold", "code", "link"] = "plain"


@dataclass(frozen=True)
class Line:
    """One line; those of a ``block`` are within a frame."""

    kind: Kind
    runs: tuple[Run, ...]


def lines(content: str, now_s: int) -> list[Line]:
    """The lines of a text. Times are told from ``now_s``."""
    found: list[Line] = []
    for number, part in enumerate(re.split(r"```\n?(.*?)\n?```", content, flags=re.DOTALL)):
        if number % 2:
            found += [Line("block", (Run(each, "code"),)) for each in part.split("\n")]
        elif part.strip("\n"):
            found += [_line(each, now_s) for each in part.strip("\n").split("\n")]
    return found


def _line(text: str, now_s: int) -> Line:
    for mark, kind in (("### ", "heading"), ("-# ", "small")):
        if text.startswith(mark):
            return Line(kind, tuple(_runs(text.removeprefix(mark), now_s)))  # type: ignore[arg-type]
    return Line("plain", tuple(_runs(text, now_s)))


def _runs(text: str, now_s: int) -> Iterator[Run]:
    for found in _RUN.finditer(text):
        if found["bold"]:
            yield Run(found["bold"], "bold")
        elif found["url"]:
            yield Run(found["name"].strip("`"), "link")
        elif found["code"]:
            yield Run(found["code"], "code")
        elif found["time"]:
            yield Run(_relative(int(found["time"]) - now_s))
        else:
            yield Run(found["escaped"] or found["plain"])


def _relative(seconds: int) -> str:
    unit, name = next(
        ((unit, name) for unit, name in ((3600, "hour"), (60, "minute")) if abs(seconds) >= unit), (1, "second")
    )
    number = round(abs(seconds) / unit)
    words = f"{number} {name}{'' if number == 1 else 's'}"
    return f"in {words}" if seconds >= 0 else f"{words} ago"
