"""A copy of the database as it was at one moment, and a look at such copies.

``VACUUM INTO`` reads one state of the file in one read transaction: the writer goes on meanwhile, and its log is begun
anew afterwards (see :mod:`storage.sqlite.log`). The backup API page by page would begin again at every commit of the
writer, and copies the pages of deleted rows along.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from config.errors import FatalError
from storage.sqlite.errors import translated
from storage.sqlite.inspection import APPLICATION_ID

LOOK_SECONDS = 0.1
RESTORED = "restored"
"""The flag of a database that was put back: what ran when it was copied has not failed."""


def snapshot(path: Path, target: Path, called_off: Callable[[], bool]) -> None:
    """Write a copy. It is not synced. Raises our errors; ``called_off`` is asked now and then and ends it."""
    # Writable only because the copy's pages are to be given back one day; nothing is written to the original.
    with closing(_connect(path, "mode=rw")) as connection, _watched(connection, called_off):
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            raise translated(error) or error from error


def examine(path: Path, newest: str) -> str:
    """The schema version of a copy that is ours and whole; raises :class:`FatalError` with what is wrong."""
    try:
        with closing(_connect(path, "mode=ro&immutable=1")) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise FatalError(f"{path} is the database of another program")
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise FatalError(f"{path} is damaged: {said}")
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise FatalError(f"{path} is damaged: a row refers to nothing")
            schema = str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except sqlite3.Error as error:
        raise FatalError(f"{path} can't be read: {error}") from error
    if schema > newest:
        raise FatalError(
            f"the backup was made by a newer version (schema {schema}, this one knows {newest})",
            hint="install that version first",
        )
    return schema


class Copy:
    """A copy that nobody changes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def counts(self) -> tuple[int, int, int]:
        """Jobs, pictures and bytes of the pictures."""
        (jobs,) = self._connection.execute("SELECT count(*) FROM jobs").fetchone()
        pictures, size = self._connection.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM pictures").fetchone()
        return jobs, pictures, size

    def pictures(self) -> Iterator[tuple[str, str]]:
        """``(path, sha256)`` of every picture, in order of the path."""
        yield from self._connection.execute("SELECT path, sha256 FROM pictures ORDER BY path")

    def inputs(self) -> Iterator[str]:
        """The digest of every input picture that a job names, in order."""
        # Out of the request and not from a column of its own: a copy may have any schema of ours.
        for (digest,) in self._connection.execute(
            "SELECT DISTINCT json_extract(request, '$.image') AS digest FROM jobs WHERE digest IS NOT NULL ORDER BY digest"
        ):
            yield str(digest)


@contextmanager
def reading(path: Path) -> Iterator[Copy]:
    """Open a copy, also on a medium that can't be written."""
    with closing(_connect(path, "mode=ro&immutable=1")) as connection:
        yield Copy(connection)


def mark_restored(path: Path) -> None:
    """Say in a copy that it was put back. Any schema of ours has the table."""
    with closing(_connect(path, "mode=rw")) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("INSERT OR IGNORE INTO flags (name) VALUES (?)", (RESTORED,))


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?{how}", uri=True, timeout=5.0, isolation_level=None, check_same_thread=False
    )


@contextmanager
def _watched(connection: sqlite3.Connection, called_off: Callable[[], bool]) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            if called_off():
                connection.interrupt()

    watcher = threading.Thread(target=watch, name="snapshot-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
