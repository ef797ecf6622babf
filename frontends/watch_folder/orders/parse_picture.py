"""A picture that was dropped alone: drawn with the folder's preset, or drawn again from the parameters it carries."""

from __future__ import annotations

from typing import Any

from config.errors import UserError
from frontends.watch_folder.orders.entry import Entry, UnreadableError
from pipeline import records

HINT = "put a text file of the same name beside the picture that says what to make of it, and drop both"


def entry_of(data: bytes, preset: dict[str, Any]) -> Entry:
    """The one job that the picture ``data`` asks for.

    A preset with a prompt says what is made of every picture here. Without one a PNG that carries parameters
    (ours, or those of other tools) is drawn again, once: one picture, also when it was one of several.
    """
    if preset.get("prompt"):
        return Entry(1, dict(preset), from_image=True)
    try:
        found = records.read_png(data) if data.startswith(b"\x89PNG") else None
    except UserError as error:
        raise UnreadableError(error.message, hint=error.hint) from None
    if found is not None and found.record is not None:
        return Entry(1, found.record.redraw.model_dump(exclude_none=True))
    if found is not None and found.request_fields:
        return Entry(1, {**preset, **found.request_fields, "count": 1}, foreign_model=found.model)
    raise UnreadableError("the picture carries no parameters, and this folder has no preset with a prompt", hint=HINT)
