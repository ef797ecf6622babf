"""The outbox."""

from __future__ import annotations

from support.queue_driver import QueueDriver

from storage import deliveries
from storage.queue.job import Origin


def _ended(q: QueueDriver, source: str) -> None:
    q.enqueue(deliver=True, origin=Origin(source, {}))
    q.finish(q.claim_one())


def test_a_source_without_deliverer_clogs_no_other(q: QueueDriver) -> None:
    for source in ("gone", "gone", "folder"):
        _ended(q, source)
    assert [each.source for each in q.read(deliveries.due, q.now, 1, source="folder")] == ["folder"]
    assert len(q.read(deliveries.due, q.now, 9)) == 3


def test_a_postponed_delivery_comes_again_at_its_moment_and_ends_once(q: QueueDriver) -> None:
    _ended(q, "cli")
    (delivery,) = q.read(deliveries.due, q.now, 9)
    q.write(deliveries.postpone, delivery.id, "no space", q.now + 100)
    assert q.read(deliveries.due, q.now, 9) == []
    assert q.read(deliveries.next_due_at) == q.now + 100
    (again,) = q.read(deliveries.due, q.now + 100, 9)
    assert (again.id, again.attempt, again.created_at) == (delivery.id, 1, q.now)
    q.write(deliveries.done, delivery.id, q.now)
    q.write(deliveries.give_up, delivery.id, "too late", q.now)
    assert q.read(deliveries.counts) == (0, 0)
    assert q.read(deliveries.next_due_at) is None


def test_what_is_given_up_is_counted(q: QueueDriver) -> None:
    _ended(q, "cli")
    (delivery,) = q.read(deliveries.due, q.now, 9)
    assert q.read(deliveries.counts) == (1, 0)
    q.write(deliveries.give_up, delivery.id, "nobody there", q.now)
    assert q.read(deliveries.counts) == (0, 1)
