"""From accepted to ended: every verb, fenced."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from support.queue_driver import LATER, WRONG, QueueDriver, new_job
from support.requests import settled

from config.errors import ConflictError, NotFoundError
from storage import deliveries, queue
from storage.queue.job import Origin


def test_a_job_is_queued_claimed_and_done_with_its_pictures(q: QueueDriver, invariants: ModuleType) -> None:
    job_id = q.enqueue(request=settled(steps=4, count=2), origin=Origin("cli", {"file": "a.png"}), deliver=True)
    job = q.claim_one()
    assert (job.id, job.state, job.attempt, job.alone, job.started_at) == (job_id, "running", 1, False, q.now)
    assert q.finish(job, [q.picture(1), q.picture(0)])
    job = q.job(job_id)
    assert (job.state, job.finished_at, job.error) == ("done", q.now, None)
    assert [picture.index for picture in job.pictures] == [0, 1]
    assert job.pictures[0].facts == {"device": "cpu"}
    (delivery,) = q.read(deliveries.due, q.now, 10, source="cli")
    assert (delivery.job_id, delivery.address, delivery.attempt) == (job_id, {"file": "a.png"}, 0)
    assert [event.what for event in q.read(queue.events_of, job_id)] == ["queued", "claimed", "done"]
    assert [attempt.outcome for attempt in q.read(queue.attempts_of, job_id)] == ["done"]
    assert invariants.violations(q.state_dir, [job_id], max_attempts=3) == []


def test_a_result_is_recorded_once(q: QueueDriver) -> None:
    q.enqueue(deliver=True)
    job = q.claim_one()
    first = q.picture()
    assert q.finish(job, [first])
    assert not q.finish(job, [q.picture()])
    assert q.fail(job) is None
    assert q.accuse(job) == {}
    assert q.release(job) == 0
    assert not q.write(queue.cancelled, job.id, job.attempt, now=q.now)
    assert [picture.id for picture in q.job(job.id).pictures] == [first.id]
    assert len(q.read(deliveries.due, q.now, 10)) == 1


def test_words_of_an_earlier_attempt_change_nothing(q: QueueDriver) -> None:
    q.enqueue()
    early = q.claim_one()
    q.accuse(early)
    late = q.claim_one()
    assert late.attempt == 2
    assert not q.finish(early)
    assert q.fail(early) is None
    assert q.write(queue.renew, [(early.id, early.attempt), (late.id, late.attempt)], q.now + 90_000) == 1
    assert q.job(late.id).state == "running"
    assert q.finish(late)


def test_the_same_key_of_a_source_is_one_job_however_often_it_comes(q: QueueDriver) -> None:
    answers = [q.enqueued(key="k") for _ in range(18)]
    assert len({answer.id for answer in answers}) == 1
    assert [answer.created for answer in answers] == [True] + 17 * [False]
    assert q.enqueued(key="k", owner="cli:2").id == answers[0].id, "the key belongs to the source, not the owner"
    assert q.enqueued(key="k", owner="folder:inbox").created
    many = q.write(queue.enqueue_many, [new_job(key="m"), new_job(key="k"), new_job(key="m")], now=q.now)
    assert [answer.created for answer in many] == [True, False, False]
    assert many[0].id == many[2].id
    assert q.read(queue.counts)["queued"] == 3


def test_a_refused_request_fails_and_a_passing_trouble_is_tried_again(build: Callable[..., QueueDriver]) -> None:
    q = build(max_attempts=2)
    job_id = q.enqueue()
    assert q.fail(q.claim_one(), LATER, retry_ms=500) == "queued"
    assert q.claim() == []
    assert q.read(queue.next_rested_at) == q.now + 500
    q.now += 500
    job = q.claim_one()
    assert (job.id, job.attempt, job.error) == (job_id, 2, LATER)
    assert q.fail(job) == "dead"
    q.enqueue()
    assert q.fail(q.claim_one(), WRONG) == "failed"
    assert q.read(queue.counts) == {"queued": 0, "running": 0, "done": 0, "failed": 1, "cancelled": 0, "dead": 1}
    assert [event.what for event in q.read(queue.events_of, job_id)] == [
        "queued",
        "claimed",
        "postponed",
        "claimed",
        "dead",
    ]


def test_a_job_that_waits_holds_up_nobody(q: QueueDriver) -> None:
    q.enqueue(priority=5)
    q.fail(q.claim_one(), LATER, retry_ms=10_000)
    other = q.enqueue()
    assert q.claim_one().id == other
    assert q.read(queue.ready_lanes) == []
    q.now += 10_000
    assert q.claim_one().attempt == 2


def test_a_released_job_gets_its_attempt_back(q: QueueDriver) -> None:
    q.enqueue()
    for _ in range(5):
        job = q.claim_one()
        assert job.attempt == 1
        assert q.release(job) == 1
    assert q.job(job.id).attempt == 0
    assert [attempt.outcome for attempt in q.read(queue.attempts_of, job.id)] == ["released"] * 5


def test_a_paused_queue_accepts_and_starts_nothing_also_after_a_restart(q: QueueDriver) -> None:
    q.write(queue.pause)
    q.write(queue.pause)
    job_id = q.enqueue()
    assert q.claim() == []
    assert q.read(queue.ready_lanes) == []
    again = QueueDriver(q.state_dir)
    assert again.read(queue.is_paused)
    assert again.claim() == []
    again.write(queue.resume)
    assert again.claim_one().id == job_id
    again.close()


@pytest.mark.parametrize("error", [WRONG, LATER])
def test_a_job_that_ended_without_result_can_be_queued_again(build: Callable[..., QueueDriver], error: object) -> None:
    q = build(max_attempts=1)
    job_id = q.enqueue(deliver=True)
    with pytest.raises(ConflictError):
        q.write(queue.retry, job_id, now=q.now)
    q.fail(q.claim_one(), error)  # type: ignore[arg-type]
    (old,) = q.read(deliveries.due, q.now, 10)
    assert q.write(queue.retry, job_id, now=q.now) == "queued"
    assert q.read(deliveries.due, q.now, 10) == [], "the earlier end needs no delivery any more"
    job = q.claim_one()
    assert (job.attempt, job.error, job.cancel_requested) == (1, None, False)
    q.finish(job)
    (new,) = q.read(deliveries.due, q.now, 10)
    assert new.id != old.id
    with pytest.raises(ConflictError):
        q.write(queue.retry, job_id, now=q.now)


def test_what_a_job_descends_from_is_known(q: QueueDriver) -> None:
    parent = q.enqueue()
    q.finish(q.claim_one())
    picture = q.job(parent).pictures[0].id
    assert q.job(q.enqueue(parent=parent)).parent == parent
    assert q.job(q.enqueue(parent=picture)).parent == picture
    with pytest.raises(NotFoundError):
        q.enqueue(parent="0" * 16)
    assert q.read(queue.counts)["queued"] == 2, "a refused job leaves nothing"


def test_jobs_are_found_newest_first_by_all_that_is_asked(q: QueueDriver) -> None:
    ids = [q.enqueue(owner=f"cli:{n % 2}") for n in range(4)]
    q.now += 10**9
    ids.append(q.enqueue())
    q.finish(q.claim_one())
    assert [job.id for job in q.read(queue.find)] == ids[::-1]
    assert [job.id for job in q.read(queue.find, owner="cli:0")] == [ids[2], ids[0]]
    assert [job.id for job in q.read(queue.find, ids=[ids[0], ids[3]], limit=1)] == [ids[3]]
    (done,) = q.read(queue.find, state="done")
    assert len(done.pictures) == 1
    assert q.job(ids[4][:6]).id == ids[4]
    assert q.read(queue.get_picture, done.pictures[0].id).job_id == done.id
    for name in ("abc", ids[0][:6], "z" * 16, ""):
        with pytest.raises(NotFoundError):
            q.job(name)
    with pytest.raises(NotFoundError):
        q.read(queue.find, ids=[ids[0], "z" * 16])


def test_a_long_list_can_be_read_in_pages(q: QueueDriver) -> None:
    ids = [q.enqueue() for _ in range(7)][::-1]
    first = [job.id for job in q.read(queue.find, limit=3)]
    second = [job.id for job in q.read(queue.find, limit=3, before=first[-1])]
    rest = [job.id for job in q.read(queue.find, before=second[-1])]
    assert [*first, *second, *rest] == ids
