"""Is this file ours, whole, and of a version we know? Asked before anything touches it: a refused file stays as is."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from config.errors import RetryableError, UnusableError
from config.os_errors import passes
from storage.sqlite.errors import RESTORE, translated

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

    Raises :class:`UnusableError` when the file is not ours, damaged, or can't be written,
    :class:`RetryableError` when it can't be read at the moment.
    """
    try:
        with path.open("r+b") as file:
            head = file.read(len(MAGIC))
    except FileNotFoundError:
        if _logged(path):
            raise UnusableError(f"the database {path} is gone, but its write-ahead log is not", hint=RESTORE) from None
        return None
    except OSError as error:
        if passes(error):
            raise RetryableError(f"the database {path} can't be read now: {error.strerror}") from error
        raise UnusableError(
            f"the database {path} can't be opened for writing: {error.strerror}",
            hint="it and its directory must belong to the user who runs the daemon",
        ) from error
    if not head:
        if _logged(path):
            raise UnusableError(f"the database {path} is empty, but its write-ahead log is not", hint=RESTORE)
        return None
    if head != MAGIC:
        raise UnusableError(f"{path} is not a database", hint=RESTORE)
    return _examine(path)


def _examine(path: Path) -> str | None:
    try:
        with _untouched(path) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            _check_pages(connection, path)
            if not tables:
                return None
            ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            if not ours or "alembic_version" not in tables:
                raise UnusableError(
                    f"{path} is the database of another program", hint="set another MEZZOTINT_STATE_DIR"
                )
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])
    except sqlite3.DatabaseError as error:
        reason = translated(error)
        if isinstance(reason, RetryableError):
            raise reason from error
        raise UnusableError(f"the database {path} can't be read: {error}", hint=RESTORE) from error


@contextmanager
def _untouched(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that leaves the directory as it was.

    Even a read-only one makes ``-wal`` and ``-shm`` files beside a database and leaves them there. Where no log waits
    to be read it need not: the file alone is the database. Where one does, only the index of it is made anew.
    """
    index = path.with_name(f"{path.name}-shm")
    had_index = index.exists()
    mode = "mode=ro" if _logged(path) else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, isolation_level=None)) as connection:
            yield connection
    finally:
        if not had_index:
            index.unlink(missing_ok=True)


def _logged(path: Path) -> bool:
    """True when committed changes may lie in a write-ahead log beside the file."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    if os.path.getsize(path) > CHECKED_BYTES:
        return
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise UnusableError(f"the database {path} is damaged: {said}", hint=RESTORE)
