"""Suspects run alone, and only a culprit dies."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from support.queue_driver import QueueDriver, new_job

from storage import queue


def test_a_poison_job_among_eight_is_dead_alone_after_its_attempts(q: QueueDriver, invariants: ModuleType) -> None:
    ids = [each.id for each in q.write(queue.enqueue_many, [new_job() for _ in range(8)], now=q.now)]
    poison = ids[3]
    while claimed := q.claim(limit=8):
        if poison in [job.id for job in claimed]:
            q.accuse(*claimed)
        else:
            for job in claimed:
                assert q.finish(job)
    assert {job.id: job.state for job in q.read(queue.find)} == {
        job_id: "dead" if job_id == poison else "done" for job_id in ids
    }
    dead = q.job(poison)
    assert (dead.attempt, dead.alone) == (3, True)
    assert dead.error
    assert dead.error.message == "it crashed"
    assert invariants.violations(q.state_dir, ids, max_attempts=3) == []


def test_a_suspect_comes_alone_and_only_to_an_idle_engine_and_nothing_overtakes_it(q: QueueDriver) -> None:
    suspect = q.enqueue()
    q.accuse(q.claim_one())
    other = q.enqueue()
    assert q.claim(limit=8, idle=False) == [], "or it would wait for ever behind a busy engine"
    (job,) = q.claim(limit=8)
    assert (job.id, job.alone, job.attempt) == (suspect, True, 2)
    assert [job.id for job in q.claim(limit=8, idle=False)] == [other]


def test_a_suspect_that_is_not_first_ends_the_claim_before_it(q: QueueDriver) -> None:
    q.enqueue()
    q.accuse(q.claim_one())
    urgent = q.enqueue(priority=3)
    assert [job.id for job in q.claim(limit=8)] == [urgent]


def test_who_fails_in_the_ordinary_way_is_no_suspect_any_more(q: QueueDriver) -> None:
    q.enqueue()
    q.accuse(q.claim_one())
    assert q.fail(q.claim_one()) == "queued"
    assert not q.claim_one().alone


def test_a_last_attempt_in_company_does_not_end_in_death(build: Callable[..., QueueDriver]) -> None:
    q = build(max_attempts=1)
    q.enqueue()
    assert list(q.accuse(q.claim_one()).values()) == ["queued"]
    job = q.claim_one()
    assert (job.attempt, job.alone) == (2, True)
    assert list(q.accuse(job).values()) == ["dead"]


def test_a_dead_job_that_is_queued_again_still_runs_alone(build: Callable[..., QueueDriver]) -> None:
    q = build(max_attempts=1)
    job_id = q.enqueue()
    q.accuse(q.claim_one())
    q.accuse(q.claim_one())
    q.write(queue.retry, job_id, now=q.now)
    assert (q.claim_one().alone, q.job(job_id).attempt) == (True, 1)


def test_a_lowered_cap_leaves_one_last_attempt_alone(q: QueueDriver) -> None:
    q.enqueue()
    for _ in range(2):
        q.fail(q.claim_one())
    q.max_attempts = 1
    job = q.claim_one()
    assert job.alone
    assert q.fail(job) == "dead"


def test_at_start_every_running_job_is_an_orphan(q: QueueDriver) -> None:
    ids = [q.enqueue() for _ in range(3)]
    claimed = q.claim(limit=3)
    q.write(queue.cancel, ids[1], now=q.now)
    assert q.write(queue.recover, now=q.now, max_attempts=3) == ids
    assert [q.job(each).state for each in ids] == ["queued", "cancelled", "queued"]
    assert not q.finish(claimed[0], [])
    assert q.write(queue.recover, now=q.now, max_attempts=3) == []
