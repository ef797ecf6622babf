"""What waits, read as far as the future can be told from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.queue_driver import QueueDriver

from storage.queue import outlook


@pytest.fixture
def q(tmp_path: Path) -> Iterator[QueueDriver]:
    driver = QueueDriver(tmp_path)
    yield driver
    driver.close()


def test_each_owner_s_first_jobs_are_seen_and_the_others_are_counted(q: QueueDriver) -> None:
    many = [q.enqueue(owner="cli:many", lane="folder") for _ in range(30)]
    urgent = q.enqueue(owner="cli:many", lane="folder", priority=5)
    one = q.enqueue(owner="cli:one", lane="interactive")
    seen = q.read(outlook.outlook, 10)
    assert [job.id for job in seen.jobs] == [one, urgent, *many[:8]]
    assert seen.beyond == {(1, "cli:many"): 22}
    assert set(seen.times) == {(0, "cli:one"), (1, "cli:many")}
    assert not seen.paused
    assert len(q.read(outlook.outlook, 100).jobs) == 32


def test_those_that_run_are_seen_as_well(q: QueueDriver) -> None:
    job_id = q.enqueue()
    q.claim_one()
    seen = q.read(outlook.outlook, 10)
    assert [job.id for job in seen.running] == [job_id]
    assert seen.jobs == []


def test_those_that_came_last_are_seen_whatever_became_of_them(q: QueueDriver) -> None:
    assert q.read(outlook.lately, 3) == []
    for owner in "abcd":
        q.enqueue(owner=f"cli:{owner}", lane="folder")
    q.finish(q.claim_one())
    assert [(job.lane, job.owner) for job in q.read(outlook.lately, 3)] == [(1, "cli:b"), (1, "cli:c"), (1, "cli:d")]
    assert len(q.read(outlook.lately, 100)) == 4


def test_the_place_in_an_owner_s_line_is_by_priority_then_age(q: QueueDriver) -> None:
    first, second = q.enqueue(), q.enqueue()
    urgent = q.enqueue(priority=1)
    places = [q.read(outlook.place_in_line, job_id) for job_id in (urgent, first, second)]
    assert places == [(0, "cli:1", 1), (0, "cli:1", 2), (0, "cli:1", 3)]
    assert q.read(outlook.place_in_line, "unknown") is None
