"""Figures by lane, and who has waited longest, against what was queued."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.queue_driver import QueueDriver, new_job

from storage import deliveries, queue
from storage.queue.job import JobError


@pytest.fixture
def q(tmp_path: Path) -> Iterator[QueueDriver]:
    driver = QueueDriver(tmp_path)
    yield driver
    driver.close()


def test_the_figures_count_who_waits_who_rests_and_who_runs(q: QueueDriver) -> None:
    """A job that rests before its next try waits too, and is the oldest if it came first."""
    first = q.now
    for lane in ("folder", "folder", "background"):
        q.write(queue.enqueue_many, [new_job(lane=lane)], now=q.now)
        q.now += 1000
    (claimed,) = q.claim(1)
    lanes = {each.lane: each for each in q.read(queue.lanes)}
    assert (lanes["folder"].queued, lanes["folder"].running, lanes["folder"].oldest_at) == (1, 1, first + 1000)
    assert (lanes["background"].queued, lanes["background"].oldest_at) == (1, first + 2000)
    assert (lanes["interactive"].queued, lanes["interactive"].running, lanes["interactive"].oldest_at) == (0, 0, None)
    assert [job.id for job in q.read(queue.under_way, 10)] == [claimed.id]
    error = JobError("retryable", "once more")
    q.write(queue.fail, claimed.id, claimed.attempt, error, now=q.now, max_attempts=3, retry_ms=30_000)
    lanes = {each.lane: each for each in q.read(queue.lanes)}
    assert (lanes["folder"].queued, lanes["folder"].running, lanes["folder"].oldest_at) == (2, 0, first)
    waiting = q.read(queue.longest_waiting, 2)
    assert [job.queued_at for job in waiting] == [first, first + 1000]


def test_a_queue_whose_memory_is_freed_is_paused_until_it_is_resumed(q: QueueDriver) -> None:
    q.write(queue.pause)
    assert (q.read(queue.is_paused), q.read(queue.is_freed)) == (True, False)
    for _ in range(2):
        q.write(queue.pause, free_memory=True)
        assert (q.read(queue.is_paused), q.read(queue.is_freed)) == (True, True)
    q.write(queue.pause)
    assert q.read(queue.is_freed) is True
    q.write(queue.resume)
    assert (q.read(queue.is_paused), q.read(queue.is_freed)) == (False, False)


def test_deliveries_that_wait_are_counted_by_source(q: QueueDriver) -> None:
    assert q.read(deliveries.waiting_by_source) == {}
    q.write(queue.enqueue_many, [new_job(deliver=True), new_job(deliver=True)], now=q.now)
    for job in q.claim(2):
        q.write(queue.fail, job.id, job.attempt, JobError("user", "no"), now=q.now, max_attempts=3, retry_ms=0)
    assert sum(q.read(deliveries.waiting_by_source).values()) == 2
