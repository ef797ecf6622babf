"""Structured logs: a JSON object a line on stderr, with ``event`` (noun_verb), ``level`` and ``timestamp``.

A log line never blocks, stops or slows the daemon: what can't be written at once is dropped, and the
next line that gets through says how many were. Prompts and other user text are not logged at info.
"""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

MAX_LINE_BYTES = 4_000
"""Below PIPE_BUF (4096): a line is written whole or not at all, and a pipe that polls writable takes it at once."""
MAX_VALUE_CHARACTERS = 400
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
QUIET = {"uvicorn": logging.WARNING, "alembic": logging.WARNING, "asyncio": logging.WARNING}


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


class SinkLogger:
    """The end of structlog's chain."""

    def __init__(self, sink: LineSink) -> None:
        self._sink = sink

    def msg(self, **event: Any) -> None:
        """Write it; every level ends here."""
        self._sink.write(event)

    debug = info = warning = error = critical = exception = msg


class LibraryHandler(logging.Handler):
    """Brings what libraries say with :mod:`logging` into the same form."""

    def __init__(self, sink: LineSink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises."""
        try:
            event: dict[str, Any] = {"event": "library_said", "library": record.name, "message": record.getMessage()}
            event["level"] = record.levelname.lower()
            if record.exc_info and record.exc_info[1] is not None:
                event["traceback"] = _trace(record.exc_info[1])
            self._sink.write(_stamped(None, "", event))
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """A line that can't be made is not worth a word on stderr."""


def configure(level: str, descriptor: int = 2) -> None:
    """Set up structlog and the loggers of libraries for this process."""
    sink = LineSink(descriptor)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _explained,
            _stamped,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: SinkLogger(sink),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [LibraryHandler(sink)]
    root.setLevel(max(LEVELS[level], logging.INFO))
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(True)
    sys.unraisablehook = _unraisable


def hold_standard_descriptors() -> None:
    """Put ``/dev/null`` where a standard descriptor is closed, so that no database file ever gets its number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)


def line_of(event: MutableMapping[str, Any]) -> bytes:
    """The event as one bounded line: ``timestamp``, ``level`` and ``event`` first, long values cut."""
    first = {name: event.get(name) for name in ("timestamp", "level", "event")}
    line = _encode({**first, **event})
    if len(line) > MAX_LINE_BYTES:
        line = _encode({**first, **{name: _cut(value) for name, value in event.items()}})
    if len(line) > MAX_LINE_BYTES:
        line = _encode({**first, "cut": True})
    return line


def _encode(event: dict[str, Any]) -> bytes:
    return _harmless(json.dumps(event, ensure_ascii=False, default=str)).encode() + b"\n"


def _harmless(text: str) -> str:
    """JSON escapes itself only what is below a space; what else could steer a terminal is escaped too."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _cut(value: Any) -> Any:
    if isinstance(value, int | float | bool) or value is None:
        return value
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"...{text[-MAX_VALUE_CHARACTERS:]}"


def _explained(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """``exc_info=True`` or an exception becomes ``error`` and ``traceback``."""
    wanted = event.pop("exc_info", None)
    error = sys.exc_info()[1] if wanted is True else wanted
    if isinstance(error, BaseException):
        event.setdefault("error", f"{type(error).__name__}: {error}")
        event["traceback"] = _trace(error)
    return event


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-2_500:]


def _stamped(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event


def _unraisable(problem: sys.UnraisableHookArgs) -> None:
    structlog.get_logger().error("error_ignored", where=str(problem.object), exc_info=problem.exc_value)
