"""Structured logs: an event (noun_verb) with its facts, as a JSON object a line on stderr, or as fields in the journal.

A log line never blocks, stops or slows the daemon: what can't be written at once is dropped, and the
next line that gets through says how many were. Prompts and other user text are not logged at info.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import structlog

from daemon.logs import journal
from daemon.logs.levels import LEVELS, Levels
from daemon.logs.lines import LineSink

NONE: Mapping[str, str] = MappingProxyType({})


class Sink(Protocol):
    """Where events go."""

    def write(self, event: MutableMapping[str, Any]) -> None:
        """Never blocks, never raises."""


class SinkLogger:
    """The end of structlog's chain, with the name of the module that speaks."""

    def __init__(self, sink: Sink, name: str) -> None:
        self._sink = sink
        self.name = name

    def msg(self, **event: Any) -> None:
        """Write it; every level ends here."""
        self._sink.write(event)

    debug = info = warning = error = critical = exception = msg


class LibraryHandler(logging.Handler):
    """Brings what libraries say with :mod:`logging` into the same form."""

    def __init__(self, sink: Sink, levels: Levels) -> None:
        super().__init__()
        self._sink = sink
        self._levels = levels

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises."""
        if not self._levels.wants_of_library(record.name, record.levelno):
            return
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


def configure(
    level: str,
    by_module: Mapping[str, str] = NONE,
    *,
    descriptor: int = 2,
    environ: Mapping[str, str] = os.environ,
    journal_socket: Path = journal.SOCKET,
) -> None:
    """Set up structlog and the loggers of libraries for this process; called again, the new levels hold.

    Levels are debug, info, warning or error; ``by_module`` sets others for modules and all below them.
    """
    lines = LineSink(descriptor)
    to_journal = journal.connected(environ, descriptor)
    sink: Sink = journal.JournalSink(lines, journal_socket) if to_journal else lines
    levels = Levels(level, by_module)
    structlog.configure(
        processors=[
            _chosen_by(levels),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _explained,
            _stamped,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(levels.lowest),
        logger_factory=lambda *names: SinkLogger(sink, str(names[0]) if names else ""),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [LibraryHandler(sink, levels)]
    root.setLevel(levels.lowest)
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


def _chosen_by(levels: Levels) -> Any:
    """The first in the chain: what is not wanted of a module costs no more than this."""

    def chosen(logger: SinkLogger, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if not levels.wants(logger.name, LEVELS.get(method, logging.ERROR)):
            raise structlog.DropEvent
        if logger.name:
            event["module"] = logger.name
        return event

    return chosen


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
    structlog.get_logger(__name__).error("error_ignored", where=str(problem.object), exc_info=problem.exc_value)
