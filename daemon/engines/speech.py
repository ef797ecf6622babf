"""What an engine writes to stderr, taken into the daemon's log."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable

import structlog

MAX_LINE_CHARACTERS = 2_000
LAST_WORDS = 12
MOST_LINES = 100
WINDOW_SECONDS = 10.0
"""An engine may have so many lines logged in so long: one that raves must not fill the daemon's log."""
NOT_FACTS = frozenset({"self", "event", "exc_info", "stack_info", "level", "timestamp", "log_level", "method_name"})
"""Names that mean something to whoever writes the log: an engine has no say in them."""

_log = structlog.get_logger("pipeline.engine")


class Speech:
    """Passes on the engine's own JSON lines. Those of libraries may quote prompts: kept for the obituary only."""

    def __init__(self, pid: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pid = pid
        self._clock = clock
        self._raw: deque[str] = deque(maxlen=LAST_WORDS)
        self._window_began = clock()
        self._lines = 0

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Read until the engine closes its end."""
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the stream's limit; the reader has dropped it
                continue
            if not line:
                return
            self.take(line.decode(errors="replace").strip()[:MAX_LINE_CHARACTERS])

    def take(self, line: str) -> None:
        """One line."""
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("event"), str):
            if line:
                self._raw.append(line)
            return
        if self._raves():
            return
        event = said.pop("event")
        level = said.pop("level", "info")
        report = _log.error if level == "error" else _log.warning if level == "warning" else _log.info
        facts = {key: value for key, value in said.items() if key not in NOT_FACTS}
        report(event, **{**facts, "engine_pid": self._pid})

    def _raves(self) -> bool:
        """Whether this line is one too many; says in the log how many were left out."""
        now = self._clock()
        if now - self._window_began >= WINDOW_SECONDS:
            left_out, self._lines, self._window_began = self._lines - MOST_LINES, 0, now
            if left_out > 0:
                _log.warning("engine_lines_left_out", engine_pid=self._pid, lines=left_out)
        self._lines += 1
        return self._lines > MOST_LINES

    def last_words(self) -> str:
        """What libraries wrote last, newest last; for the log of an engine that died."""
        return "\n".join(self._raw)
