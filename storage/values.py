"""Small values that others bring, and the names they have: checked before they are written."""

from __future__ import annotations

import json
from typing import Any

from config.errors import UserError

MAX_NAME = 100


def named(field: str, text: str) -> str:
    """The text, if it can be a name; :class:`UserError` otherwise."""
    if not 0 < len(text) <= MAX_NAME or not text.isprintable():
        raise UserError(f"{field}: must be 1 to {MAX_NAME} printable characters", field=field)
    return text


def text_of(value: Any, most: int) -> str:
    """As JSON of at most so many characters; :class:`UserError` otherwise."""
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError("value: must be plain JSON", field="value") from error
    if len(text) > most:
        raise UserError(f"value: must have at most {most} characters as JSON, it has {len(text)}", field="value")
    return text
