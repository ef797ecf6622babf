"""Is this file ours, whole, and of a version we know? Asked before anything touches it: a refused file stays as is."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from config.errors import FatalError
from storage.sqlite.errors import RESTORE

FIXED_IN = (3, 51, 3)
"""First version without the WAL-reset defect (two connections that write and checkpoint at the same moment)."""

MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x4D5A544E  # "MZTN": says whose database a file is
CHECKED_BYTES = 256 * 1024 * 1024
"""A larger file is not read through at every start; SQLite notices damage where it reads."""


def library_version() -> tuple[int, int, int]:
    """The version of the SQLite library."""
    major, minor, patch = sqlite3.sqlite_version_info
    return major, minor, patch


def mark(connection: Connection) -> None:
    """Say in the file that it is ours."""
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def inspect(path: Path) -> str | None:
    """The schema version of a database file; None when there is no file yet, or an empty one.

    Raises :class:`FatalError` when the file is not ours, damaged, or can't be written.
    """
    try:
        with path.open("r+b") as file:
            head = file.read(len(MAGIC))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FatalError(
            f"the database {path} can't be opened for writing: {error.strerror}",
            hint="it and its directory must belong to the user who runs the daemon",
        ) from error
    if not head:
        return None
    if head != MAGIC:
        raise FatalError(f"{path} is not a database", hint=RESTORE)
    return _examine(path)


def _examine(path: Path) -> str | None:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            _check_pages(connection, path)
            if not tables:
                return None
            ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            if not ours or "alembic_version" not in tables:
                raise FatalError(f"{path} is the database of another program", hint="set another MEZZOTINT_STATE_DIR")
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])
    except sqlite3.DatabaseError as error:
        raise FatalError(f"the database {path} can't be read: {error}", hint=RESTORE) from error


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    if os.path.getsize(path) > CHECKED_BYTES:
        return
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise FatalError(f"the database {path} is damaged: {said}", hint=RESTORE)
