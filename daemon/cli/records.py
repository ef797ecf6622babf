"""Records of jobs as lines of text: JSON exactly as recorded, or rows for spreadsheets.

In CSV a text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end gets a ``'`` before it, because a
spreadsheet would take it for a formula. Numbers stay as they are. JSON lines hold everything unchanged.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Protocol

from daemon.cli.exits import UsageError

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
JOB = ("id", "state", "lane", "priority", "owner", "key", "parent", "order", "line", "model", "request_sha256")
MOMENTS = ("queued_at", "started_at", "finished_at")
REQUEST = (
    *("prompt", "negative_prompt", "width", "height", "count", "steps", "guidance_scale", "scheduler", "seed"),
    *("image", "denoising_strength", "deterministic"),
)
PICTURE = ("id", "index", "seed", "path", "sha256", "pixels_sha256", "width", "height", "bytes")


class Form(Protocol):
    """How records are written."""

    def head(self) -> str:
        """What comes first."""

    def lines(self, record: dict[str, Any]) -> str:
        """One job."""


class JsonLines:
    """One JSON object a job."""

    def head(self) -> str:
        return ""

    def lines(self, record: dict[str, Any]) -> str:
        return json.dumps(record, separators=(",", ":")) + "\n"


class Csv:
    """One row a picture; a job without one has a row with its picture's columns empty."""

    def head(self) -> str:
        request, picture = [f"request.{name}" for name in REQUEST], [f"picture.{name}" for name in PICTURE]
        return _row([*JOB, *MOMENTS, "attempts", "error", *request, *picture, "facts"])

    def lines(self, record: dict[str, Any]) -> str:
        error = record["error"]["message"] if record["error"] else None
        job = [*(record[name] for name in (*JOB, *MOMENTS)), len(record["attempts"]), error]
        job += [record["request"].get(name) for name in REQUEST]
        rows = [
            [*job, *(picture[name] for name in PICTURE), json.dumps(picture["facts"])] for picture in record["pictures"]
        ]
        return "".join(_row(row) for row in rows or [[*job, *[None] * (len(PICTURE) + 1)]])


def form_of(name: str) -> Form:
    """By its name."""
    if name == "jsonl":
        return JsonLines()
    if name == "csv":
        return Csv()
    raise UsageError(f"--format: {name!r} is neither jsonl nor csv", field="format")


def _row(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
