"""A wish to cancel, whenever it comes, ends in one state."""

from __future__ import annotations

import threading
from collections import Counter
from types import ModuleType

import pytest
from support.queue_driver import LATER, QueueDriver

from config.errors import NotFoundError
from storage import deliveries, queue
from storage.results.store import NewPicture


def test_a_waiting_job_is_cancelled_at_once_and_its_end_is_delivered(q: QueueDriver) -> None:
    job_id = q.enqueue(deliver=True)
    assert q.write(queue.cancel, job_id, now=q.now) == "cancelled"
    assert q.write(queue.cancel, job_id, now=q.now) == "cancelled"
    assert q.claim() == []
    assert len(q.read(deliveries.due, q.now, 9)) == 1
    with pytest.raises(NotFoundError):
        q.write(queue.cancel, "z" * 16, now=q.now)


def test_a_running_job_is_cancelled_when_the_engine_lets_go(q: QueueDriver) -> None:
    job_id = q.enqueue()
    job = q.claim_one()
    assert q.write(queue.cancel, job_id, now=q.now) == "running"
    assert q.job(job_id).cancel_requested
    assert q.write(queue.cancelled, job_id, job.attempt, now=q.now)
    assert q.job(job_id).state == "cancelled"


@pytest.mark.parametrize("how", ["fail", "release", "accuse"])
def test_a_job_that_nobody_wants_is_not_tried_again(q: QueueDriver, how: str) -> None:
    job_id = q.enqueue()
    job = q.claim_one()
    q.write(queue.cancel, job_id, now=q.now)
    {"fail": lambda: q.fail(job, LATER), "release": lambda: q.release(job), "accuse": lambda: q.accuse(job)}[how]()
    assert q.job(job_id).state == "cancelled"


@pytest.mark.parametrize("times", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_cancelling_races_finishing_many_times_and_one_of_them_wins(
    q: QueueDriver, invariants: ModuleType, times: int
) -> None:
    outcomes: Counter[tuple[str, bool, bool]] = Counter()
    for turn in range(times):
        job_id = q.enqueue(deliver=True)
        job = q.claim_one()
        wish = threading.Thread(target=q.write, args=(queue.cancel, job_id), kwargs={"now": q.now})
        wish.start()
        if turn % 2:
            done = q.finish(job, [_row(turn)])
            gone = q.write(queue.cancelled, job.id, job.attempt, now=q.now)
        else:
            gone = q.write(queue.cancelled, job.id, job.attempt, now=q.now)
            done = q.finish(job, [_row(turn)])
        wish.join()
        outcomes[(q.job(job_id).state, done, gone)] += 1
    assert outcomes == {("done", True, False): times // 2, ("cancelled", False, True): times // 2}
    assert invariants.violations(q.state_dir, files=False) == []


def _row(turn: int) -> NewPicture:
    name = f"{turn:016d}"
    return NewPicture(
        id=name,
        index=0,
        path=f"pictures/{name[-2:]}/{name}.png",
        sha256="0" * 64,
        pixels_sha256="0" * 64,
        seed=1,
        width=8,
        height=8,
        bytes=1,
        facts={},
    )
