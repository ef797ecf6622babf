"""The one JSON form of a request, and its hash: equal requests give equal text, different ones different text."""

from __future__ import annotations

import hashlib
import json

from pipeline.request import Request

FRACTIONS = ("guidance_scale", "denoising_strength")


def canonical_json(request: Request) -> str:
    """Keys sorted, no white space, every field with its default, numbers in their shortest exact form; ASCII only."""
    fields = request.model_dump()
    for name in FRACTIONS:
        if fields[name] is not None:
            # 4 and 4.0 are equal, and so are 0.0 and -0.0: equal values must read the same.
            fields[name] = float(fields[name]) + 0.0
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(request: Request) -> str:
    """sha256 of :func:`canonical_json`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(request).encode("ascii")).hexdigest()
