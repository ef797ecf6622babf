"""What goes to stdout and stderr: with ``--json`` one document, else text for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from config.errors import ConfigurationError, MezzotintError


class ReaderGoneError(Exception):
    """Whoever read our output has enough."""


def document(value: Any) -> None:
    """One JSON document on stdout. ASCII only, so that no terminal or pipe encoding can spoil it."""
    block(json.dumps(value, indent=2))


def text(line: str = "") -> None:
    """A line for people."""
    block(printable(line))


def block(lines: str) -> None:
    """Lines that are known to be harmless, as they are."""
    try:
        sys.stdout.write(f"{lines}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None


def printable(words: str) -> str:
    """Without control characters: a prompt must not be able to steer the terminal it is listed on."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words)


def shortened(words: str, width: int) -> str:
    """At most ``width`` characters of one line."""
    line = " ".join(words.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Left-aligned columns."""
    lines = [tuple(heads), *(tuple(printable(cell) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        block("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def error(problem: MezzotintError, *, as_json: bool) -> None:
    """An error in the form that was asked for: ``{"error": ...}`` on stdout, or ``mezzotint: message`` on stderr."""
    if as_json:
        document({"error": error_view(problem)})
        return
    complaint(problem.message, problem.hint)
    for each in getattr(problem, "problems", ()) if isinstance(problem, ConfigurationError) else ():
        sys.stderr.write(f"  {printable(each.key)}: {printable(each.message)}\n")
        if each.hint:
            sys.stderr.write(f"    {printable(each.hint)}\n")


def complaint(message: str, hint: str | None = None) -> None:
    """Something for the person at the terminal, on stderr."""
    sys.stderr.write(f"mezzotint: {printable(message)}\n")
    if hint:
        sys.stderr.write(f"  {printable(hint)}\n")


def note(line: str) -> None:
    """A line for the person at the terminal, on stderr: not the answer, but of use beside it."""
    if line:
        sys.stderr.write(f"{printable(line)}\n")


def error_view(problem: MezzotintError) -> dict[str, Any]:
    """``kind, message, field?, hint?``, and every problem of a wrong configuration."""
    view: dict[str, Any] = {"kind": problem.kind, "message": problem.message}
    if problem.field:
        view["field"] = problem.field
    if problem.hint:
        view["hint"] = problem.hint
    problems = getattr(problem, "problems", ()) if isinstance(problem, ConfigurationError) else ()
    if problems:
        view["problems"] = [{"key": each.key, "message": each.message, "hint": each.hint} for each in problems]
    return view
