"""Many at once: nobody gets a job twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
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


@pytest.mark.parametrize(
    "rounds", [10, pytest.param(100, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])], ids=str
)
def test_eight_threads_claim_fifty_jobs_once_each(q: QueueDriver, invariants: ModuleType, rounds: int) -> None:
    for _ in range(rounds):
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


CLAIM_ALL = """
import sys
from pathlib import Path
from support.queue_driver import QueueDriver
driver = QueueDriver(Path(sys.argv[1]))
while found := driver.claim(limit=2, idle=False):
    print(*(job.id for job in found), sep="\\n")
driver.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("count", [200, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_four_processes_on_one_file_claim_each_job_once(q: QueueDriver, count: int) -> None:
    """A second owner of the queue is refused by the lock; if there were one all the same, no job would be its too."""
    new = q.write(queue.enqueue_many, [new_job() for _ in range(count)], now=q.now)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'tests'}"}
    command = [sys.executable, "-c", CLAIM_ALL, str(q.state_dir)]
    racing = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    claimed = [name for process in racing for name in process.communicate(timeout=600)[0].split()]
    assert [process.returncode for process in racing] == [0] * 4
    assert sorted(claimed) == sorted(each.id for each in new)
