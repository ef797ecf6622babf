"""What is particular to SQLite, in one place: connections, pragmas, transactions, and which of its errors mean what.

Measured before: the standard library's "legacy transaction control" claims jobs twice without an error, and a deferred
BEGIN fails at once with "database is locked" instead of waiting. So transactions are ours (``isolation_level=None``),
and every one that writes begins with ``BEGIN IMMEDIATE``.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from config.errors import FatalError, MezzotintError, RetryableError

SQLITE_FIXED_IN = (3, 51, 3)
"""First release without the WAL-reset corruption (sqlite.org/wal.html#walresetbug); our single writer avoids it too."""
JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024
READERS = 4


class DamagedDatabaseError(FatalError):
    """The database is damaged."""


class DatabaseBusyError(RetryableError):
    """The database is held by another process."""


class DatabaseFullError(RetryableError):
    """The disk under the database is full."""


def sqlite_version() -> tuple[int, ...]:
    """Of the library in use."""
    return sqlite3.sqlite_version_info


def writer_engine(path: Path, *, synchronous: str, busy_timeout_seconds: float) -> Engine:
    """For the one connection that writes."""
    engine = _engine(path, busy_timeout_seconds, "rwc", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous.upper()}")
        connection.execute(f"PRAGMA journal_size_limit={JOURNAL_LIMIT_BYTES}")
        _prepare_any(connection)

    return engine


def reader_engine(path: Path, *, busy_timeout_seconds: float) -> Engine:
    """For connections that can't write."""
    engine = _engine(path, busy_timeout_seconds, "rw", poolclass=QueuePool, pool_size=READERS, max_overflow=0)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        _prepare_any(connection)
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def inspection_engine(path: Path, *, busy_timeout_seconds: float) -> Engine:
    """For a first look that must not change the file, not even by making it a WAL database."""
    return _engine(path, busy_timeout_seconds, "ro", poolclass=NullPool)


def _engine(path: Path, busy_timeout_seconds: float, mode: str, **pool: Any) -> Engine:
    def connect() -> sqlite3.Connection:
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=busy_timeout_seconds, check_same_thread=False)

    return create_engine("sqlite://", creator=connect, **pool)


def _prepare_any(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA mmap_size=0")


def begin_writing(connection: Connection) -> None:
    """Take the write lock now, waiting for it as long as the busy timeout says."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def in_transaction(connection: Connection) -> bool:
    """Whether a transaction is open: a full disk ends it by itself, and a rollback would then raise."""
    raw = connection.connection.driver_connection
    return bool(raw is not None and raw.in_transaction)


def integrity_problem(connection: Connection) -> str | None:
    """What a quick check finds wrong with the file, if anything."""
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    return None if found == "ok" else str(found)


def translate(error: Exception) -> Exception:
    """The error of ours that a driver's error means; other errors as they are."""
    if isinstance(error, MezzotintError) or not isinstance(error, DBAPIError | sqlite3.Error):
        return error
    original = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(original, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_FULL",)):
        return DatabaseFullError(hint="free some space; what was accepted before is safe")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusyError(hint="end the other process that has the database open for writing")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return DamagedDatabaseError(f"the database is damaged: {original}", hint="restore a backup")
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        return RetryableError(f"the database could not do this now: {original}")
    if isinstance(error, DatabaseError) and name.startswith(("SQLITE_IOERR",)):
        return RetryableError(f"the disk under the database failed: {original}")
    return error
