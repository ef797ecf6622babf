"""The door to what is remembered: one writer, a few readers, one file.

Everything else in this room is plain functions on an open :class:`Connection`, so that several of them can be one
transaction: ``await database.write(lambda connection: queue.enqueue(connection, job, now=now))``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from config.errors import FatalError, RetryableError, UnusableError
from config.os_errors import passes
from storage import prompts, sqlite
from storage.schema.version import VERSION
from storage.sqlite import FIXED_IN as SQLITE_FIXED_IN
from storage.sqlite import Synchronous
from storage.sqlite import library_version as sqlite_version
from storage.sqlite.engines import READERS
from storage.sqlite.log import WriteAheadLog
from storage.writer import Writer

__all__ = ["SQLITE_FIXED_IN", "Connection", "Database", "Synchronous", "sqlite_version"]

T = TypeVar("T")


class Database:
    """An open database. Methods may be called from any thread; every one raises

    :class:`config.errors.RetryableError` when the disk is full or failing or another process holds the lock,
    :class:`config.errors.UnusableError` when the file is damaged, and passes on what the operation itself raises.
    """

    def __init__(self, path: Path, writer: Engine, readers: Engine) -> None:
        self.path = path
        self._write_engine = writer
        self._read_engine = readers
        self._log = WriteAheadLog(path)
        self._writer = Writer(writer, self._log)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="storage-reader")
        self._damage: Future[UnusableError] = Future()

    @classmethod
    def open(cls, path: Path, *, synchronous: Synchronous = "full", busy_timeout_seconds: float = 5.0) -> Self:
        """Open the file, made and migrated as needed.

        Raises :class:`UnusableError` when it is damaged, no database of ours, not writable, or of a newer version;
        the file is untouched then. :class:`RetryableError` when the disk is full or failing, or another process
        holds the lock. Only the process that holds the lock of the state directory may open it.
        """
        path = path.absolute()
        current = _look(path)
        writer = sqlite.open_writer(path, synchronous=synchronous, busy_timeout_seconds=busy_timeout_seconds)
        try:
            with writer.connect():
                pass
            if current != VERSION:
                # Alembic costs a fifth of a second and 11 MB: only when there is something to migrate.
                from storage.migrations.upgrade import upgrade

                upgrade(writer, current)
            _bring_in_step(writer)
        except Exception as error:
            writer.dispose()
            raise sqlite.translated(error) or error from error
        return cls(path, writer, sqlite.open_reader(path, busy_timeout_seconds=busy_timeout_seconds))

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """Run ``operation`` in a transaction; returns once it is durable.

        It may share its transaction with others (each can still fail alone), so it must only use the connection
        it is given, neither commit nor roll back, and not wait for anything.
        """
        with self._noticing():
            return await asyncio.wrap_future(self._writer.submit(operation))

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """Run ``operation`` on one consistent state of the database; it can't write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, operation)

    def write_sync(self, operation: Callable[[Connection], T]) -> T:
        """:meth:`write` for threads."""
        if self._writer.is_current_thread:
            raise RuntimeError("an operation must use the connection it was given")
        with self._noticing():
            return self._writer.submit(operation).result()

    def read_sync(self, operation: Callable[[Connection], T]) -> T:
        """:meth:`read` for threads."""
        return self._read(operation)

    @property
    def damaged(self) -> UnusableError | None:
        """What was found to be wrong with the file while it was open; nothing is written to it since."""
        return self._damage.result() if self._damage.done() else None

    async def damage(self) -> None:
        """Wait until somebody comes upon damage, and raise that: nothing is written to the file any more."""
        waiting = asyncio.get_running_loop().create_future()
        self._damage.add_done_callback(lambda _: _wake(waiting))
        await waiting
        raise self._damage.result()

    def sync(self) -> None:
        """Make durable what was committed: with ``synchronous="normal"`` a power cut could still undo it."""
        self._log.sync()

    def shrink(self) -> None:
        """Let the file and its log become as small as they can be, at a moment at which the writer has time."""
        self._writer.shrink()

    def close(self) -> None:
        """Carry out what waits, then close the file. May be called twice."""
        self._writer.close()
        self._readers.shutdown()
        self._read_engine.dispose()
        self._write_engine.dispose()  # last: the last connection tidies the write-ahead log away

    def _read(self, operation: Callable[[Connection], T]) -> T:
        with self._noticing():
            try:
                with self._read_engine.begin() as connection:
                    return operation(connection)
            except Exception as error:
                if sqlite.spoils_connection(error):
                    self._read_engine.dispose()
                if ours := sqlite.translated(error):
                    raise ours from error
                raise

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except UnusableError as error:
            self._writer.refuse(error)
            with contextlib.suppress(InvalidStateError):  # noticed by somebody else at the same moment
                self._damage.set_result(error)
            raise


def _bring_in_step(writer: Engine) -> None:
    with writer.connect() as connection:
        if prompts.is_in_step(connection):
            return
    with writer.begin() as connection:
        prompts.bring_in_step(connection)


def _wake(waiting: asyncio.Future[None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended
        waiting.get_loop().call_soon_threadsafe(_come_true, waiting)


def _come_true(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _look(path: Path) -> str | None:
    """The version of the file that is there; the directory is made if it is not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if passes(error):
            raise RetryableError(f"the directory {path.parent} can't be made now: {error.strerror}") from error
        raise FatalError(f"the directory {path.parent} can't be made: {error.strerror}") from error
    current = sqlite.inspect(path)
    if current is not None and current > VERSION:
        raise UnusableError(
            f"the database {path} was made by a newer version (schema {current}, this one knows {VERSION})",
            hint="install that version again, or restore a backup made before it",
        )
    return current
