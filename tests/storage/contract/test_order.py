"""Whose turn it is."""

from __future__ import annotations

from collections import Counter

from support.queue_driver import LATER, QueueDriver, new_job
from support.requests import settled

from storage import queue
from storage.queue.turns import NEXT_JOB


def test_lanes_go_in_order_of_urgency_and_can_be_chosen(q: QueueDriver) -> None:
    ids = {lane: q.enqueue(lane=lane) for lane in ("background", "scheduled", "folder", "interactive")}
    assert q.read(queue.peek_urgency, q.now) == 0
    assert [job.id for job in q.claim(lanes=["folder", "scheduled"], limit=1)] == [ids["folder"]]
    assert [job.lane for job in q.claim(limit=5)] == ["interactive", "scheduled", "background"]


def test_within_an_owner_priority_goes_before_age_and_age_is_the_order_of_acceptance(q: QueueDriver) -> None:
    first = [each.id for each in q.write(queue.enqueue_many, [new_job() for _ in range(20)], now=q.now)]
    urgent = q.enqueue(priority=1)
    assert [job.id for job in q.claim(limit=21)] == [urgent, *first]


def test_who_comes_late_does_not_wait_behind_a_thousand_jobs_of_another(q: QueueDriver) -> None:
    q.write(queue.enqueue_many, [new_job(owner="cli:a") for _ in range(1000)], now=q.now)
    q.claim(limit=8)
    late = q.enqueue(owner="cli:b")
    assert late in [job.id for job in q.claim(limit=2)]


def test_owners_share_by_what_their_jobs_cost(q: QueueDriver) -> None:
    for owner, steps in (("cli:long", 40), ("cli:short", 10)):
        request = settled(steps=steps)
        q.write(queue.enqueue_many, [new_job(request, owner=owner) for _ in range(100)], now=q.now)
    served = Counter(job.owner for job in q.claim(limit=50))
    assert served == {"cli:short": 40, "cli:long": 10}


def test_who_comes_back_has_saved_nothing_up(q: QueueDriver) -> None:
    q.enqueue(owner="cli:b")
    q.claim()
    q.write(queue.enqueue_many, [new_job(owner="cli:a") for _ in range(200)], now=q.now)
    q.claim(limit=100)
    q.write(queue.enqueue_many, [new_job(owner="cli:b") for _ in range(100)], now=q.now)
    served = Counter(job.owner for job in q.claim(limit=20))
    assert abs(served["cli:a"] - served["cli:b"]) <= 2


def test_a_job_that_is_put_back_costs_its_owner_nothing(q: QueueDriver) -> None:
    mine = q.enqueue(owner="cli:a")
    for _ in range(10):
        q.release(*q.claim())
    q.enqueue(owner="cli:b")
    q.enqueue(owner="cli:b")
    assert mine in [job.id for job in q.claim(limit=2)]


def test_a_job_comes_after_its_moment_and_its_owner_is_found_again(q: QueueDriver) -> None:
    q.enqueue(owner="cli:a")
    q.fail(q.claim_one(), LATER, retry_ms=100)
    assert q.claim() == []
    q.now += 100
    assert q.claim_one().not_before is None


def test_the_next_job_is_found_by_a_row_of_an_index(q: QueueDriver) -> None:
    assert "jobs_turn" in " ".join(_plan(q, str(NEXT_JOB)))


def _plan(q: QueueDriver, statement: str) -> list[str]:
    given = {"in_lane": 0, "of_owner": "cli:1", "param_1": 1}
    return q.database.read_sync(
        lambda c: [row[3] for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
    )
