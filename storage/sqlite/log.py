"""The write-ahead log is kept short.

SQLite copies the log back into the file every thousand pages, but begins it anew only at a moment at which nobody reads
from it. Readers that overlap for ever leave no such moment, and the log grows without end (measured: 10 MiB a second
with three readers and a writer that never rest). So the writer makes one now and then: it waits for those who read at
that moment, briefly. Whoever reads longer than that is waited for at a later commit.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine

LONG_BYTES = 16 * 1024 * 1024
"""A log of this size is begun anew if it can be."""
WAIT_MILLISECONDS, LONGEST_WAIT_MILLISECONDS = 50, 1_000
"""What writing may be held up by that: the longer the log has become, the longer, up to the second."""


class WriteAheadLog:
    """The log beside one database file. Used by the thread of the writer alone."""

    def __init__(self, path: Path, long_bytes: int = LONG_BYTES) -> None:
        self._path = path.with_name(f"{path.name}-wal")
        self._long_bytes = long_bytes
        self._next_bytes = long_bytes

    def keep_short(self, engine: Engine) -> None:
        """Begin the log anew if it has become long; outside of any transaction. Never raises: a log that can't be
        shortened now is shortened later, and whatever is wrong shows at the next commit."""
        size = self._size()
        if size < self._next_bytes:
            return
        wait = min(WAIT_MILLISECONDS << (size // self._long_bytes), LONGEST_WAIT_MILLISECONDS)
        with contextlib.suppress(Exception):  # the boundary of the thread: it must go on whatever the database does
            _shorten(engine, wait)
        # Somebody reads for long: try again when it has grown by as much again, not at every commit.
        self._next_bytes = self._size() + self._long_bytes

    def sync(self) -> None:
        """Make what is in the log durable; what was copied into the file is so already."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def shorten_soon(self) -> None:
        """Begin the log anew after the next commit, however short it is."""
        self._next_bytes = 0

    def _size(self) -> int:
        try:
            return os.stat(self._path).st_size
        except OSError:
            return 0


def _shorten(engine: Engine, wait_milliseconds: int) -> None:
    pooled = engine.raw_connection()
    try:
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        (before,) = connection.execute("PRAGMA busy_timeout").fetchone()
        try:
            connection.execute(f"PRAGMA busy_timeout={wait_milliseconds}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.execute(f"PRAGMA busy_timeout={before}")
    finally:
        pooled.close()
