"""The one JSON form of a request, and its hash: equal requests give equal text, different ones different text."""

from __future__ import annotations

import hashlib
import json

from pipeline.request import Request


def canonical_json(request: Request) -> str:
    """Keys sorted, no white space, every field with its default, numbers in their shortest exact form; ASCII only."""
    # Validated once more: a copy with changed fields may hold an int where a float is meant, and 4 must read as 4.0.
    fields = Request.model_validate(request.model_dump()).model_dump(mode="json")
    return json.dumps(
        {name: _plain(value) for name, value in fields.items()},
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )


def digest(request: Request) -> str:
    """sha256 of :func:`canonical_json`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(request).encode("ascii")).hexdigest()


def _plain(value: object) -> object:
    """-0.0 equals 0.0, so that both must read the same."""
    return value + 0.0 if isinstance(value, float) else value
