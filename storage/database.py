"""The database: one writer thread that commits in groups, and a few readers that can't write.

An operation is a function of a connection. The writer takes all operations that wait, runs each in a savepoint of one
``BEGIN IMMEDIATE`` transaction, and answers all of them after the one COMMIT: at ``synchronous=FULL`` an fsync is by
far the dearest part, and so eight producers share it. An operation that raises undoes its own savepoint and nobody
else's.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from config.errors import FatalError, RetryableError
from storage import dialect, migrate
from storage.dialect import SQLITE_FIXED_IN, sqlite_version

__all__ = ["SQLITE_FIXED_IN", "Connection", "Database", "sqlite_version"]

T = TypeVar("T")
Operation = Callable[[Connection], T]
MAX_GROUP = 256


class DatabaseClosedError(RetryableError):
    """The database is closed: the daemon is stopping."""


@dataclass(frozen=True)
class _Waiting:
    operation: Operation[Any]
    future: Future[Any]


class Database:
    """Built by :meth:`open`. All methods may be called from any thread."""

    def __init__(self, path: Path, *, synchronous: str, busy_timeout_seconds: float) -> None:
        self._writer = dialect.writer_engine(path, synchronous=synchronous, busy_timeout_seconds=busy_timeout_seconds)
        self._reader = dialect.reader_engine(path, busy_timeout_seconds=busy_timeout_seconds)
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._readers = ThreadPoolExecutor(dialect.READERS, thread_name_prefix="database-reader")
        self._thread = threading.Thread(target=self._write_groups, name="database-writer", daemon=True)

    @classmethod
    def open(cls, path: Path, *, synchronous: str = "full", busy_timeout_seconds: float = 5.0) -> Database:
        """Open or make the database and bring it to this version.

        Raises :class:`FatalError` (leaving the file as it is) when it is damaged, foreign, newer or can't be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_unusable(path, busy_timeout_seconds)
        database = cls(path, synchronous=synchronous, busy_timeout_seconds=busy_timeout_seconds)
        try:
            with database._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                if migrate.check(connection):
                    migrate.to_head(connection)
        except (SQLAlchemyError, OSError) as error:
            database._writer.dispose()
            raise _unusable(path, error) from error
        database._thread.start()
        return database

    # --- writing

    def submit(self, operation: Operation[T]) -> Future[T]:
        """Hand an operation to the writer; the future resolves after the COMMIT."""
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise DatabaseClosedError
            self._waiting.put(_Waiting(operation, future))
        return future

    async def write(self, operation: Operation[T]) -> T:
        """Run an operation in the writer's next transaction; returns once it is on the disk.

        Raises what the operation raised (it is then undone), or :class:`RetryableError` when the commit failed.
        The operation runs even if the caller is cancelled meanwhile: it was promised to nobody, so that is harmless.
        """
        return await asyncio.shield(asyncio.wrap_future(self.submit(operation)))

    def write_sync(self, operation: Operation[T]) -> T:
        """:meth:`write` for threads."""
        return self.submit(operation).result()

    def _write_groups(self) -> None:
        """The writer thread."""
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while (first := self._waiting.get()) is not None:
                group, more = self._gather(first)
                _commit_group(connection, group)
                if not more:
                    break

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        group = [first]
        while len(group) < MAX_GROUP:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return group, False
            group.append(following)
        return group, True

    # --- reading

    async def read(self, operation: Operation[T]) -> T:
        """Run an operation on a connection that can't write, in one consistent view of the database."""
        return await asyncio.wrap_future(self._readers.submit(self.read_sync, operation))

    def read_sync(self, operation: Operation[T]) -> T:
        """:meth:`read` for threads."""
        try:
            with self._reader.connect() as connection:
                return operation(connection)
        except SQLAlchemyError as error:
            raise dialect.translate(error) from error

    def close(self) -> None:
        """Finish what waits, then close. May be called twice."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._reader.dispose()
        self._writer.dispose()


def _commit_group(connection: Connection, group: list[_Waiting]) -> None:
    """One transaction for all; every future is resolved at the end, whatever happens."""
    done: list[tuple[Future[Any], Any]] = []
    try:
        dialect.begin_writing(connection)
        for each in group:
            if each.future.set_running_or_notify_cancel():
                _run(connection, each, done)
        connection.exec_driver_sql("COMMIT")
    except Exception as error:  # whatever ends the transaction, every waiter hears of it and the writer goes on
        _roll_back(connection)
        translated = dialect.translate(error)
        for each in group:
            if not each.future.done():
                each.future.set_exception(translated)
        return
    for future, result in done:
        future.set_result(result)


def _run(connection: Connection, each: _Waiting, done: list[tuple[Future[Any], Any]]) -> None:
    """One operation in its savepoint. Raises only when the whole transaction is gone."""
    connection.exec_driver_sql("SAVEPOINT operation")
    try:
        result = each.operation(connection)
    except Exception as error:  # the operation's own affair: its caller gets it
        if not dialect.in_transaction(connection):
            raise
        connection.exec_driver_sql("ROLLBACK TO operation")
        connection.exec_driver_sql("RELEASE operation")
        each.future.set_exception(dialect.translate(error))
        return
    connection.exec_driver_sql("RELEASE operation")
    done.append((each.future, result))


def _roll_back(connection: Connection) -> None:
    if dialect.in_transaction(connection):
        try:
            connection.exec_driver_sql("ROLLBACK")
        except SQLAlchemyError:
            connection.invalidate()  # the next group opens a new connection


def _refuse_unusable(path: Path, busy_timeout_seconds: float) -> None:
    """Look at an existing file through a read-only connection, so that what is refused stays byte-identical."""
    if not path.exists() or path.stat().st_size == 0:
        return
    engine = dialect.inspection_engine(path, busy_timeout_seconds=busy_timeout_seconds)
    try:
        with engine.connect() as connection:
            if problem := dialect.integrity_problem(connection):
                raise dialect.DamagedDatabaseError(f"the database is damaged: {problem}", hint="restore a backup")
            migrate.check(connection)
    except (SQLAlchemyError, OSError) as error:
        raise _unusable(path, error) from error
    finally:
        engine.dispose()


def _unusable(path: Path, error: Exception) -> Exception:
    translated = dialect.translate(error)
    if isinstance(translated, FatalError):
        return translated
    detail = getattr(error, "orig", None) or error
    return FatalError(
        f"the database {path} can't be used: {detail}",
        hint="check that its folder exists, can be written and has space",
    )
