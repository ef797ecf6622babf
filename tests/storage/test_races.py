"""Many at once: nobody gets a job twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType

from support.queue_driver import QueueDriver, new_job

from storage import queue
from storage.queue.job import Job


def _together(count: int, act: Callable[[int], None]) -> None:
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        act(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _drain(driver: QueueDriver, into: list[Job]) -> None:
    while found := driver.claim(limit=2, idle=False):
        into += found


def test_eight_threads_claim_fifty_jobs_once_each(q: QueueDriver, invariants: ModuleType) -> None:
    for _ in range(10):
        new = q.write(queue.enqueue_many, [new_job() for _ in range(50)], now=q.now)
        claimed: list[list[Job]] = [[] for _ in range(8)]
        _together(8, lambda number, into=claimed: _drain(q, into[number]))  # type: ignore[misc]
        assert sorted(job.id for some in claimed for job in some) == sorted(each.id for each in new)
    assert invariants.violations(q.state_dir, files=False) == []


def test_two_databases_on_one_file_claim_each_job_once(q: QueueDriver) -> None:
    other = QueueDriver(q.state_dir)
    new = q.write(queue.enqueue_many, [new_job() for _ in range(100)], now=q.now)
    claimed: tuple[list[Job], list[Job]] = ([], [])
    _together(2, lambda number: _drain((q, other)[number], claimed[number]))
    other.close()
    assert sorted(job.id for some in claimed for job in some) == sorted(each.id for each in new)


def test_the_same_submission_from_eight_threads_is_one_job(q: QueueDriver) -> None:
    ids: list[str] = []
    _together(8, lambda _: ids.extend(q.enqueue(key="once") for _ in range(5)))
    assert len(ids) == 40
    assert len(set(ids)) == 1
