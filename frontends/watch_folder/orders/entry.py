"""One job that a file asks for, and the words it may use for its fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.errors import UserError
from pipeline.request import Request, shown

ALIASES = {
    "negative": "negative_prompt",
    "cfg": "guidance_scale",
    "cfg_scale": "guidance_scale",
    "guidance": "guidance_scale",
    "sampler": "scheduler",
    "sampler_name": "scheduler",
    "strength": "denoising_strength",
    "n": "count",
    "images": "count",
    "text": "prompt",
}
"""Other usual names of request fields. ``size`` (``512x768``) stands for ``width`` and ``height``."""

ORDER_FIELDS = frozenset({"lane", "priority", "tags"})
"""What an entry may say beside the request."""

_SIZE = re.compile(r"^\s*(\d{2,5})\s*[xX*\u00d7]\s*(\d{2,5})\s*$", re.IGNORECASE)
_RECORD = frozenset({"request", "pixels_sha256", "seed"})


@dataclass(frozen=True)
class Entry:
    """The job of one line, or the ``error`` why there is none. ``line`` counts from 1."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    from_image: bool = False
    """Start from the picture that was dropped with it."""
    redraw: bool = False
    """It was read from a record, so that it starts from what the record says."""
    foreign_model: str | None = None
    """The model as another tool names it; perhaps it is known here, too."""


Entries = Iterator[Entry]


class UnreadableError(UserError):
    """The file as a whole can't be read as an order."""


def is_record(raw: Mapping[Any, Any]) -> bool:
    """True for the record beside one of our own results, which means: draw this picture again."""
    return raw.keys() >= _RECORD and isinstance(raw["request"], dict)


def read_fields(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """Field names as people write them, as request fields; raises :class:`UserError` where two mean the same."""
    if is_record(raw):
        raw = raw["request"]
    fields: dict[str, Any] = {}
    for key, value in raw.items():
        if value is None:
            continue
        plain = _text(_key(key)).strip().lower().replace("-", "_").replace(" ", "_")
        _text(_written(value))
        for name, part in _named(ALIASES.get(plain, plain), value):
            if name in fields:
                raise UserError(f"{name} is given twice", field=name)
            fields[name] = part
    _no_file_names(fields)
    return fields


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise UserError(f"the name of a field must be text (got {shown(key)})")
    return key


def _written(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, TypeError, ValueError):  # a number of thousands of digits, names that are no text
        raise UserError("there are values in it that can't be written down") from None


def _text(value: str) -> str:
    """The value, if it can be written down again; JSON may hold halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UserError("there are characters in it that are no text") from None
    return value


def _named(name: str, value: Any) -> list[tuple[str, Any]]:
    if name != "size":
        return [(name, value)]
    match = _SIZE.match(value) if isinstance(value, str) else None
    if match is None:
        raise UserError(f"size must look like 512x768 (got {shown(value)})", field="size")
    return [("width", int(match[1])), ("height", int(match[2]))]


def _no_file_names(fields: dict[str, Any]) -> None:
    image = fields.get("image")
    if isinstance(image, str) and not re.fullmatch("[0-9a-f]{64}", image):
        raise UserError(
            "image can't name a file or an address",
            field="image",
            hint="put the picture beside this file under the same name, e.g. cat.png and cat.toml, and drop both",
        )


def known_fields() -> str:
    """The names an entry may use, for hints."""
    return ", ".join([*Request.model_fields, "size", *sorted(ORDER_FIELDS)])


def entry_of(line: int, value: object) -> Entry:
    """One item of a list, one line of JSONL: a mapping of fields, or just the prompt."""
    if isinstance(value, str):
        value = {"prompt": value}
    if not isinstance(value, dict):
        return Entry(line, error=f"a job must be a set of fields or a prompt (got {type(value).__name__})")
    try:
        return Entry(line, read_fields(value), redraw=is_record(value))
    except UserError as error:
        return Entry(line, error=error.message + (f" ({error.hint})" if error.hint else ""))
