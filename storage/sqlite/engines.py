"""Connections as the queue needs them.

``sqlite3`` would begin transactions by its own rules ("legacy transaction control"): none before a SELECT, so that
select-then-update claims a job twice without any error (measured: 898 claims of 400 jobs by 4 threads). So it is
switched off, and we say ``BEGIN IMMEDIATE`` ourselves: the lock is taken at the start, where waiting for it works.
(A deferred ``BEGIN`` fails at once with "database is locked" when it must upgrade, whatever the timeout.)
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from config.errors import FatalError

Synchronous = Literal["full", "normal"]

JOURNAL_LIMIT_BYTES = 16 * 1024 * 1024
READERS = 3


def open_writer(path: Path, *, synchronous: Synchronous, busy_timeout_seconds: float) -> Engine:
    """The one connection that writes; every transaction on it begins immediate. The file is made if there is none."""
    level = {"full": "FULL", "normal": "NORMAL"}[synchronous]

    def connect() -> sqlite3.Connection:
        connection = _connect(path, "rwc", busy_timeout_seconds)
        # Counts for a file that is still empty only: pages that a prune freed can be given back later.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            connection.close()
            raise FatalError(
                f"the database {path} can't use a write-ahead log here (journal mode {mode})",
                hint="put the state directory on a local disk",
            )
        for pragma in (f"synchronous={level}", "foreign_keys=ON", f"journal_size_limit={JOURNAL_LIMIT_BYTES}"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return _engine(connect, "BEGIN IMMEDIATE", connections=1)


def open_reader(path: Path, *, busy_timeout_seconds: float) -> Engine:
    """Connections that can't write; a transaction on one sees one state of the database throughout."""

    def connect() -> sqlite3.Connection:
        connection = _connect(path, "rw", busy_timeout_seconds)
        connection.execute("PRAGMA query_only=ON")
        return connection

    return _engine(connect, "BEGIN", connections=READERS)


def _connect(path: Path, mode: str, busy_timeout_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=busy_timeout_seconds,
        isolation_level=None,
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    connection.execute("PRAGMA mmap_size=0")
    return connection


def _engine(connect: object, begin: str, *, connections: int) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,  # an error goes into the log, prompts and tokens do not
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
