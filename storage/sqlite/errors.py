"""What SQLite's errors mean for those who asked."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from config.errors import MezzotintError, RetryableError, UnusableError

_LATER = {
    sqlite3.SQLITE_BUSY: ("the database is locked by another process", "find out which one; the daemon goes on trying"),
    sqlite3.SQLITE_LOCKED: ("the database is locked", "it is tried again"),
    sqlite3.SQLITE_PROTOCOL: ("the database is locked by another process", "it is tried again"),
    sqlite3.SQLITE_FULL: ("there is no space left for the database", "free some space on the disk"),
    sqlite3.SQLITE_IOERR: (
        "the database can't be read or written (I/O error)",
        "look at the disk: its health, its space, a quota; it is tried again",
    ),
    sqlite3.SQLITE_CANTOPEN: ("the database can't be opened", "look at the permissions of the state directory"),
    sqlite3.SQLITE_READONLY: ("the database can't be written", "look at the permissions of the state directory"),
    sqlite3.SQLITE_NOMEM: ("there is not enough memory for the database", "free some memory"),
    sqlite3.SQLITE_INTERRUPT: ("the database was interrupted", "it is tried again"),
}
_NEVER = {
    sqlite3.SQLITE_CORRUPT: "the database is damaged",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
}
RESTORE = "stop the daemon, keep a copy of the file, and restore a backup"


_SPOILT = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL)


def translated(error: Exception) -> MezzotintError | None:
    """The error in our words: something that may pass, or damage. None for anything else: a mistake of the caller."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    code = _code(cause)
    if code in _NEVER:
        return UnusableError(f"{_NEVER[code]} ({cause})", hint=RESTORE)
    if code in _LATER:
        message, hint = _LATER[code]
        return RetryableError(f"{message} ({cause})", hint=hint)
    return None


def spoils_connection(error: Exception) -> bool:
    """True when the connection is better opened anew: what it knows of its files may not be true any more."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, sqlite3.Error) and _code(cause) in _SPOILT


def aborts_transaction(connection: Connection) -> bool:
    """True when SQLite has ended the transaction by itself, as it does when the disk is full: all of it is gone."""
    driver = connection.connection.driver_connection
    return not (isinstance(driver, sqlite3.Connection) and driver.in_transaction)


def _code(cause: sqlite3.Error) -> int:
    return int(getattr(cause, "sqlite_errorcode", 0)) & 0xFF  # the high bits refine it
