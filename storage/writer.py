"""The one thread that writes, and its group commit.

A commit waits for the disk (one fsync at ``synchronous=FULL``). So operations that wait together are committed
together: each runs in a savepoint of its own inside one transaction, and none is answered before the COMMIT.
There is no delay to gather more; while one group is committed the next one gathers by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from config.errors import MezzotintError, RetryableError, UnusableError
from config.failpoints import reach
from storage.sqlite import aborts_transaction, spoils_connection, translated
from storage.sqlite.log import WriteAheadLog

T = TypeVar("T")

MAX_GROUP = 256
"""Operations of one commit: bounds how long the first of them waits."""


class _Operation:
    """What somebody wants written, and where its result goes."""

    def __init__(self, act: Callable[[Connection], Any]) -> None:
        self.act = act
        self.future: Future[Any] = Future()
        self.value: Any = None
        self.error: BaseException | None = None

    def answer(self) -> None:
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Writer:
    """Runs operations one after another on one connection, in the order in which they came."""

    def __init__(self, engine: Engine, log: WriteAheadLog) -> None:
        self._engine = engine
        self._log = log
        self._waiting: SimpleQueue[_Operation | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._refusal: UnusableError | None = None
        self._thread = threading.Thread(target=self._run, name="storage-writer", daemon=True)
        self._thread.start()

    def submit(self, act: Callable[[Connection], T]) -> Future[T]:
        """The future resolves after the COMMIT that holds the operation; cancelled before its turn it never runs."""
        operation = _Operation(act)
        with self._closing:
            if self._closed:
                raise RetryableError("the database is closed", hint="the daemon is stopping")
            self._waiting.put(operation)
        return operation.future

    def refuse(self, reason: UnusableError) -> None:
        """Write nothing more: the file turned out to be damaged, and each change could make it worse."""
        self._refusal = reason

    def shrink(self) -> None:
        """Begin the log anew, which also lets the file shrink to what is in it."""
        self.submit(lambda _: self._log.shorten_soon()).result()
        self.submit(lambda _: None).result()  # its turn comes after that

    @property
    def is_current_thread(self) -> bool:
        """True inside an operation, where waiting for another one would wait for ever."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Carry out what waits, then end the thread."""
        with self._closing:
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._gather()
            begun = [operation for operation in group if operation.future.set_running_or_notify_cancel()]
            if begun:
                self._commit(begun)
                for operation in begun:
                    operation.answer()
                if self._refusal is None:
                    self._log.keep_short(self._engine)

    def _gather(self) -> tuple[list[_Operation], bool]:
        """Wait for one operation, then take all that came meanwhile; True once the writer is to end."""
        group: list[_Operation] = []
        operation = self._waiting.get()
        while operation is not None:
            group.append(operation)
            if len(group) == MAX_GROUP:
                return group, False
            try:
                operation = self._waiting.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _commit(self, group: Sequence[_Operation]) -> None:
        """One transaction. If it fails as a whole nobody's work is in the database, and everybody is told."""
        try:
            if self._refusal is not None:
                raise self._refusal
            with self._engine.begin() as connection:
                for operation in group:
                    _carry_out(operation, connection)
                reach("database.before_commit")
        except Exception as error:  # the boundary of the thread: it must go on whatever the database does
            reason = _in_our_words(error)
            if isinstance(reason, UnusableError):
                self.refuse(reason)
            for operation in group:
                operation.error = reason
            if spoils_connection(error):
                self._engine.dispose()


def _carry_out(operation: _Operation, connection: Connection) -> None:
    connection.exec_driver_sql("SAVEPOINT operation")
    try:
        operation.value = operation.act(connection)
    except BaseException as error:  # whatever it raises is its own affair, and told to its caller
        reason = _in_our_words(error)
        if isinstance(reason, UnusableError):
            raise reason from error  # damage: nobody's work is written to this file any more
        if aborts_transaction(connection):
            raise RetryableError(str(reason), hint="free some space on the disk") from error
        operation.error = reason
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT operation")
    connection.exec_driver_sql("RELEASE SAVEPOINT operation")


def _in_our_words(error: BaseException) -> Any:
    if isinstance(error, MezzotintError) or not isinstance(error, Exception):
        return error
    if isinstance(error, OSError):
        return RetryableError(f"the database can't be written: {error.strerror or error}", hint="it is tried again")
    return translated(error) or error
