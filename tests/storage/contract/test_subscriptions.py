"""Those who are told of others' jobs: a row of the outbox for each of them, of the transaction that ends the job."""

from __future__ import annotations

import pytest
from support.queue_driver import LATER, WRONG, QueueDriver

from storage import deliveries, queue, subscriptions
from storage.queue.job import Origin
from storage.subscriptions import Subscription

ENDS = ("cancelled", "dead", "done", "failed")


def _wants(target: str, **fields: object) -> Subscription:
    return Subscription(**{"source": "webhook", "target": target, "states": ENDS, **fields})  # type: ignore[arg-type]


def _told(q: QueueDriver) -> set[tuple[str, str, str]]:
    return {(each.job_id, each.source, each.target) for each in q.read(deliveries.due, q.now, 100)}


def test_each_who_wants_to_know_is_told_besides_where_the_job_came_from(q: QueueDriver) -> None:
    q.write(subscriptions.replace, [_wants("archive"), _wants("counter"), _wants("bot", source="discord")])
    job = q.enqueue(deliver=True, origin=Origin("webhook", {"url": "https://hooks.example/x"}))
    q.finish(q.claim_one())
    assert _told(q) == {
        (job, "webhook", ""),
        (job, "webhook", "archive"),
        (job, "webhook", "counter"),
        (job, "discord", "bot"),
    }
    (own,) = [each for each in q.read(deliveries.due, q.now, 100) if not each.target]
    assert own.address == {"url": "https://hooks.example/x"}
    assert all(each.address == {} for each in q.read(deliveries.due, q.now, 100) if each.target)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, True),
        ({"states": ("done",)}, True),
        ({"states": ("failed", "dead")}, False),
        ({"owner": "folder:inbox"}, True),
        ({"owner": "folder:in"}, False),
        ({"owner": "folder:*"}, True),
        ({"owner": "cli:*"}, False),
        ({"owner": "*"}, True),
        ({"origin": "folder"}, True),
        ({"origin": "webhook"}, False),
        ({"owner": "folder:*", "origin": "folder", "states": ("done",)}, True),
    ],
)
def test_only_ends_that_match_are_told(q: QueueDriver, fields: dict[str, object], told: bool) -> None:
    q.write(subscriptions.replace, [_wants("archive", **fields)])
    q.enqueue(owner="folder:inbox", origin=Origin("folder", {}))
    q.finish(q.claim_one())
    assert bool(_told(q)) == told


def test_every_way_to_end_is_told(q: QueueDriver) -> None:
    q.write(subscriptions.replace, [_wants("archive")])
    names = [q.enqueue() for _ in range(4)]
    q.finish(q.claim_one())
    q.write(queue.cancel, names[3], now=q.now)
    q.max_attempts = 1
    q.fail(q.claim_one(), LATER)
    q.fail(q.claim_one(), WRONG)
    assert {job for job, _, _ in _told(q)} == set(names)
    assert {q.job(name).state for name in names} == set(ENDS)


def test_a_job_that_is_tried_again_is_told_once_for_its_last_end(q: QueueDriver) -> None:
    q.write(subscriptions.replace, [_wants("archive"), _wants("counter")])
    job = q.enqueue(deliver=True)
    q.write(queue.cancel, job, now=q.now)
    first = {each.id for each in q.read(deliveries.due, q.now, 100)}
    q.write(queue.retry, job, now=q.now)
    assert _told(q) == set(), "the end before is no end any more"
    q.finish(q.claim_one())
    again = {each.id for each in q.read(deliveries.due, q.now, 100)}
    assert len(again) == 3
    assert not again & first


def test_what_is_under_way_stays_when_others_subscribe(q: QueueDriver) -> None:
    q.write(subscriptions.replace, [_wants("archive")])
    job = q.enqueue()
    q.finish(q.claim_one())
    wanted = [_wants("counter", states=("done",), owner="cli:*", origin="cli")]
    q.write(subscriptions.replace, wanted)
    assert q.read(subscriptions.every) == wanted
    assert _told(q) == {(job, "webhook", "archive")}
    q.write(subscriptions.replace, [])
    assert q.read(subscriptions.every) == []
