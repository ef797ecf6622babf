"""A look at a database beside whoever uses it: nothing is written, nobody is held up for longer than a read takes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from storage.sqlite.inspection import APPLICATION_ID, CHECKED_BYTES

__all__ = ["CHECKED_BYTES", "Examined", "examine"]


@dataclass(frozen=True, slots=True)
class Examined:
    """What a database file is."""

    bytes: int
    log_bytes: int
    """Of the write-ahead log."""
    read_through: bool
    """False: it was too large for that."""
    version: str | None = None
    """Of the schema; None where it can't be told."""
    problem: str | None = None
    """Why it can't be used; None when nothing is wrong."""


def examine(path: Path, *, used: bool, most_bytes: int | None = CHECKED_BYTES) -> Examined | None:
    """Look at a file; None when there is none, or an empty one.

    ``used``: a daemon runs. A file of more than ``most_bytes`` is not read through. Raises ``OSError`` when it may not
    be read. Takes as long as reading the file does.
    """
    try:
        size, log = path.stat().st_size, _log_bytes(path)
    except FileNotFoundError:
        return None
    if size == log == 0:
        return None
    with path.open("rb"):  # says by an OSError that it may not be read, which SQLite would not
        pass
    read_through = most_bytes is None or size <= most_bytes
    alone = not used and log == 0
    found = _look(path, Examined(size, log, read_through), alone=alone)
    if found.problem and alone and _log(path).exists():
        # A daemon that started meanwhile has changed it under a look that took it for resting.
        found = _look(path, found, alone=False)
    return found


def _look(path: Path, about: Examined, *, alone: bool) -> Examined:
    """``alone``: nobody writes and no log waits, so that not even an index of the log is made beside it.

    One that is made stays: a daemon that starts meanwhile may use it already.
    """
    version: str | None = None
    try:
        mode = "mode=ro&immutable=1" if alone else "mode=ro"
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, isolation_level=None)) as connection:
            ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            (version,) = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
            problem = None if ours else "it is the database of another program"
            if about.read_through and problem is None:
                (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                problem = None if said == "ok" else f"it is damaged: {said}"
    except sqlite3.DatabaseError as error:
        problem = f"it can't be read: {error}"
    return Examined(about.bytes, about.log_bytes, about.read_through, version, problem)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _log_bytes(path: Path) -> int:
    try:
        return _log(path).stat().st_size
    except FileNotFoundError:
        return 0
