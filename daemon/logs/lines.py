"""A log event as one bounded line of JSON, and the descriptor it goes to."""

from __future__ import annotations

import json
import os
import select
from collections.abc import MutableMapping
from typing import Any

MAX_LINE_BYTES = 4_000
"""Below PIPE_BUF (4096): a line is written whole or not at all, and a pipe that polls writable takes it at once."""
MAX_VALUE_CHARACTERS = 400


class LineSink:
    """Writes lines to a descriptor for as long as it takes them."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._dropped = 0

    def write(self, event: MutableMapping[str, Any]) -> None:
        """Write the event as one line, or count it as dropped."""
        if self._dropped:
            event["lines_dropped"] = self._dropped
        if self._put(line_of(event)):
            self._dropped = 0
        else:
            self._dropped += 1

    def _put(self, line: bytes) -> bool:
        try:
            return any(flags & select.POLLOUT for _, flags in self._poll.poll(0)) and os.write(
                self._descriptor, line
            ) == len(line)
        except OSError:
            return False


def line_of(event: MutableMapping[str, Any]) -> bytes:
    """The event as one bounded line: ``timestamp``, ``level`` and ``event`` first, long values cut."""
    return _encode(bounded(event))


def bounded(event: MutableMapping[str, Any]) -> dict[str, Any]:
    """The event with ``timestamp``, ``level`` and ``event`` first, and no longer than a line may be."""
    first = {name: event.get(name) for name in ("timestamp", "level", "event")}
    whole = {**first, **event}
    if len(_encode(whole)) <= MAX_LINE_BYTES:
        return whole
    shorter = {**first, **{name: _cut(value) for name, value in event.items()}}
    return shorter if len(_encode(shorter)) <= MAX_LINE_BYTES else {**first, "cut": True}


def _encode(event: dict[str, Any]) -> bytes:
    return harmless(json.dumps(event, ensure_ascii=False, default=str)).encode("utf-8", "replace") + b"\n"


def harmless(text: str) -> str:
    """JSON escapes only what is below a space; what else could steer a terminal or turn a line is escaped here."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _cut(value: Any) -> Any:
    if isinstance(value, int | float | bool) or value is None:
        return value
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"...{text[-MAX_VALUE_CHARACTERS:]}"
