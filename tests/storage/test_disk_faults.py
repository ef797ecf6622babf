"""The disk is full, or another process holds the lock: nothing is lost, everybody is told, and it goes on."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from types import ModuleType

import pytest
from support.queue_driver import QueueDriver, new_job

from config.errors import RetryableError
from storage import queue
from storage.database import Database


def _limit(q: QueueDriver, more: int) -> None:
    def set_limit(connection: object) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()  # type: ignore[attr-defined]
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + more}")  # type: ignore[attr-defined]

    q.write(set_limit)


def test_a_full_disk_fails_the_waiting_and_loses_no_one(q: QueueDriver, invariants: ModuleType) -> None:
    kept = [q.enqueue() for _ in range(5)]
    _limit(q, 4)
    with contextlib.suppress(RetryableError):
        while True:
            kept += [each.id for each in q.write(queue.enqueue_many, [new_job() for _ in range(20)], now=q.now)]
    with pytest.raises(RetryableError, match="no space"):
        q.write(queue.enqueue_many, [new_job() for _ in range(200)], now=q.now)
    assert sorted(job.id for job in q.read(queue.find)) == sorted(kept)
    assert invariants.violations(q.state_dir, kept) == []
    _limit(q, 10_000)
    kept.append(q.enqueue())
    assert q.finish(q.claim_one())
    assert invariants.violations(q.state_dir, kept) == []


def test_a_locked_database_is_waited_for_and_then_said_to_be_locked(q: QueueDriver) -> None:
    impatient = Database.open(q.state_dir / "mezzotint.db", busy_timeout_seconds=0.05)
    with closing(sqlite3.connect(q.state_dir / "mezzotint.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetryableError, match="locked"):
            impatient.write_sync(queue.pause)
        other.execute("ROLLBACK")
    impatient.write_sync(queue.pause)
    impatient.close()
    assert q.read(queue.is_paused)
