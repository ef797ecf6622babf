"""Whose turn it is."""

from __future__ import annotations

from collections import Counter

from support.queue_driver import LATER, QueueDriver, new_job
from support.requests import settled

from storage import queue
from storage.queue.waiting import LOOK_AT_JOBS, MAY_PASS, Place, Waiting


def looked(q: QueueDriver, lane: int = 0, owner: str = "cli:1") -> list[str]:
    """The jobs of an owner that may be chosen, in order."""
    by_seq = q.read(lambda c: {seq: job for seq, job in c.exec_driver_sql("SELECT seq, id FROM jobs")})  # noqa: C416
    found = q.read(lambda c: list(Waiting(c, max_attempts=q.max_attempts).jobs(lane, owner)))
    return [by_seq[job.seq] for job in found]


def times(q: QueueDriver, lane: int = 0) -> dict[str, float]:
    """The time of every owner of a lane, also of those without jobs."""
    rows = "SELECT owner, virtual_time FROM lane_owners WHERE lane = ?"
    return q.read(lambda c: {owner: round(time, 9) for owner, time in c.exec_driver_sql(rows, (lane,))})


def places(q: QueueDriver, lane: int = 0) -> list[Place]:
    return q.read(lambda c: list(Waiting(c, max_attempts=q.max_attempts).turns(lane)))


def test_any_lane_can_be_chosen_and_those_with_something_to_claim_are_known(q: QueueDriver) -> None:
    ids = {lane: q.enqueue(lane=lane) for lane in ("background", "scheduled", "folder", "interactive")}
    assert q.read(queue.ready_lanes) == [0, 1, 2, 3]
    assert [job.id for job in q.claim(lanes=["folder", "scheduled"], limit=1)] == [ids["folder"]]
    assert q.read(queue.ready_lanes) == [0, 2, 3]
    assert {job.lane for job in q.claim(limit=5)} == {"interactive", "scheduled", "background"}
    assert q.read(queue.ready_lanes) == []


def test_of_an_owner_those_may_be_chosen_that_came_together_with_his_first(q: QueueDriver) -> None:
    ids = [each.id for each in q.write(queue.enqueue_many, [new_job() for _ in range(100)], now=q.now)]
    assert looked(q) == ids[:LOOK_AT_JOBS]
    for job in ids[3:80]:
        q.write(queue.cancel, job, now=q.now)
    assert looked(q) == ids[:3], "those after them came too much later"
    urgent = q.enqueue(priority=1)
    assert looked(q) == [urgent]


def test_what_passes_the_first_is_bounded_however_often_others_are_chosen(q: QueueDriver) -> None:
    ids = [each.id for each in q.write(queue.enqueue_many, [new_job() for _ in range(200)], now=q.now)]

    def last(waiting: Waiting) -> int | None:
        return [job.seq for job in waiting.jobs(0, "cli:1")][-1]

    passed = []
    while (job := q.claim(limit=1, choose=last)[0]).id != ids[0]:
        passed.append(job.id)
    assert len(passed) == MAY_PASS


def test_of_equal_owners_who_has_waited_longest_is_next(q: QueueDriver) -> None:
    for owner in ("cli:z", "cli:m", "cli:a"):
        q.enqueue(owner=owner)
    assert [place.owner for place in places(q)] == ["cli:z", "cli:m", "cli:a"]


def test_who_has_nothing_to_claim_is_at_rest_at_once(q: QueueDriver) -> None:
    q.enqueue(owner="cli:a")
    other = q.enqueue(owner="cli:b")
    q.claim(limit=1)
    assert [place.owner for place in places(q)] == ["cli:b"]
    q.write(queue.cancel, other, now=q.now)
    assert places(q) == []


def test_whose_last_job_is_drawn_gets_nothing_for_the_time_in_which_he_asks_for_nothing(q: QueueDriver) -> None:
    """1. a has one job, which is claimed. 2. b has fifty, which are. 3. a comes back. Result: they take turns."""
    q.enqueue(owner="cli:a")
    q.claim()
    q.write(queue.enqueue_many, [new_job(owner="cli:b") for _ in range(100)], now=q.now)
    assert [job.owner for job in q.claim(limit=50)] == ["cli:b"] * 50
    q.write(queue.enqueue_many, [new_job(owner="cli:a") for _ in range(50)], now=q.now)
    served = Counter(job.owner for job in q.claim(limit=20))
    assert abs(served["cli:a"] - served["cli:b"]) <= 2


def test_in_the_end_each_owner_paid_what_he_had(q: QueueDriver) -> None:
    """The expectation counts until the attempt ends, whichever way, and nothing of it after that."""
    charged = {"cli:a": 5.0, "cli:b": 0.5, "cli:c": 7.0, "cli:d": 1.0, "cli:e": 3.0}
    q.write(queue.enqueue_many, [new_job(owner=owner) for owner in charged], now=q.now)
    jobs = q.claim(limit=5, charge=lambda job: queue.Charge(charged[job.owner], weight=2.0))
    assert times(q) == {owner: seconds / 2 for owner, seconds in charged.items()}
    a, b, c, d, e = sorted(jobs, key=lambda job: job.owner)
    q.finish(a, engine_seconds=4.0)
    q.write(queue.fail, b.id, 1, LATER, now=q.now, max_attempts=3, retry_ms=0, engine_seconds=2.0)
    q.write(queue.cancelled, c.id, 1, now=q.now, engine_seconds=1.0)
    q.write(queue.release, [(d.id, 1)], now=q.now, engine_seconds={d.id: 0.5})
    q.write(queue.accuse, [(e.id, 1)], "it died", now=q.now, max_attempts=3, engine_seconds={e.id: 0.25})
    assert times(q) == {"cli:a": 2.0, "cli:b": 1.0, "cli:c": 0.5, "cli:d": 0.25, "cli:e": 0.125}
    assert q.job(b.id).engine_seconds == 2.0


def test_who_comes_new_does_not_wait_behind_what_was_charged_and_never_drawn(q: QueueDriver) -> None:
    q.write(queue.enqueue_many, [new_job(owner="cli:a") for _ in range(100)], now=q.now)
    for _ in range(10):
        for job in q.claim(limit=8, charge=lambda _: queue.Charge(1000.0)):
            q.finish(job, engine_seconds=1.0)
    q.enqueue(owner="cli:b")
    had = times(q)
    assert had["cli:a"] == 80.0
    assert had["cli:b"] <= 80.0


def test_times_are_right_after_the_daemon_died_with_jobs_on_board(q: QueueDriver) -> None:
    q.write(queue.enqueue_many, [new_job(owner=f"cli:{name}") for name in "ab" for _ in range(2)], now=q.now)
    done, *_ = q.claim(limit=3, charge=lambda _: queue.Charge(10.0))
    q.finish(done, engine_seconds=2.0)
    q.write(queue.recover, now=q.now, max_attempts=3)
    assert times(q) == {"cli:a": 2.0, "cli:b": 0.0}


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
