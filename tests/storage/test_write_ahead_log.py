"""The log does not grow for ever, and freed pages are given back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.queue_driver import QueueDriver, new_job

from storage import queue
from storage.database import Database
from storage.prune import jobs
from storage.prune.rule import Rule
from storage.sqlite import log, pages


def _log_bytes(q: QueueDriver) -> int:
    return (q.state_dir / "mezzotint.db-wal").stat().st_size


def test_a_log_that_can_not_be_shortened_stops_nobody(build: Callable[..., QueueDriver], tmp_path: Path) -> None:
    class Exhausted:
        def raw_connection(self) -> None:
            raise sqlite3.OperationalError("unable to open database file")

    q = build()
    q.enqueue()
    log.WriteAheadLog(q.state_dir / "mezzotint.db", long_bytes=1).keep_short(Exhausted())  # type: ignore[arg-type]


@pytest.mark.slow
def test_readers_that_overlap_for_ever_do_not_let_the_log_grow(
    build: Callable[..., QueueDriver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log.WriteAheadLog.__init__, "__defaults__", (512 * 1024,))
    q = build()
    q.write(queue.enqueue_many, [new_job() for _ in range(500)], now=q.now)
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            q.read(queue.find, limit=50)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    longest = 0
    try:
        for _ in range(60):
            q.write(queue.enqueue_many, [new_job() for _ in range(20)], now=q.now)
            longest = max(longest, _log_bytes(q))
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert longest < 8 * 1024 * 1024, "without it: some 13 MiB, and no end"


def test_a_long_reader_is_waited_for_later_and_the_log_is_short_again(build: Callable[..., QueueDriver]) -> None:
    """1. Somebody reads throughout: the log grows, writing goes on. 2. He ends: it is begun anew."""
    q = build()
    q.database._log._long_bytes = q.database._log._next_bytes = 256 * 1024
    holder = sqlite3.connect(q.state_dir / "mezzotint.db", isolation_level=None)
    holder.execute("BEGIN")
    holder.execute("SELECT count(*) FROM jobs").fetchall()
    for _ in range(8):
        q.write(queue.enqueue_many, [new_job() for _ in range(50)], now=q.now)
    assert _log_bytes(q) > 512 * 1024
    holder.execute("COMMIT")
    holder.close()
    for _ in range(20):
        q.write(queue.enqueue_many, [new_job() for _ in range(50)], now=q.now)
        if _log_bytes(q) < 256 * 1024:
            break
    else:
        pytest.fail(f"the log still has {_log_bytes(q)} bytes")


def test_a_pruned_database_shrinks(q: QueueDriver) -> None:
    for new in (new_job(), *[new_job() for _ in range(4)]):
        q.write(queue.enqueue_many, [new] * 200, now=q.now)
    for job in q.read(queue.find):
        q.write(queue.cancel, job.id, now=q.now)
    q.database.shrink()
    before = (q.state_dir / "mezzotint.db").stat().st_size
    after: int | None = q.read(jobs.beginning, Rule())
    while after:
        found = q.read(jobs.find, Rule(), after)
        q.write(jobs.remove, Rule(), found.seqs)
        after = found.after
    assert q.read(pages.free) > before // 2
    while q.database.write_sync(partial(pages.give_back, pages=50)):
        pass
    q.database.shrink()
    assert q.read(pages.free) == 0
    assert (q.state_dir / "mezzotint.db").stat().st_size < before // 2


def test_a_file_from_before_that_was_possible_keeps_its_size(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE x (y)")
        connection.execute("DROP TABLE x")
    connection.close()
    database = Database.open(path)
    assert database.write_sync(partial(pages.give_back, pages=10)) == 0
    database.close()
