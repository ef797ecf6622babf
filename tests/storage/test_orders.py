"""Order files: claimed once, read by a cursor that never goes back, ended when all is delivered."""

from __future__ import annotations

import pytest
from support.queue_driver import WRONG, QueueDriver

from config.errors import NotFoundError
from storage import deliveries, orders, queue
from storage.orders import Order

FILE = ("inbox", "a/list.txt", 2**64 - 1, 120, 1_700_000_000_123_456_789)


def _begin(q: QueueDriver) -> Order:
    return q.write(orders.begin, *FILE, q.now)


def test_a_file_is_claimed_once_however_often_its_claim_is_begun(q: QueueDriver) -> None:
    order = _begin(q)
    assert (order.state, order.next_line, order.lines_total, order.inode) == ("claimed", 1, None, 2**64 - 1)
    assert _begin(q) == order
    q.write(orders.describe, order.id, "f" * 64, 3)
    assert _begin(q).id != order.id, "it was moved back: a new order"
    assert [each.state for each in q.read(orders.open_orders, "inbox")].count("queued") == 1
    seen = q.read(orders.seen, *FILE)
    assert seen is not None
    assert q.read(orders.seen, "inbox", "other", 1, 1, 1) is None
    with pytest.raises(NotFoundError):
        q.write(orders.describe, "z" * 16, None, 0)


def test_the_cursor_never_goes_back(q: QueueDriver) -> None:
    order = _begin(q)
    for line in (3, 2, 5, 1):
        q.write(orders.advance, order.id, line)
    assert q.read(orders.get, order.id).next_line == 5


def test_an_order_is_outstanding_until_its_last_end_is_delivered(q: QueueDriver) -> None:
    order = _begin(q)
    q.write(orders.describe, order.id, "f" * 64, 2)
    first = q.enqueue(order_id=order.id, line=1, deliver=True)
    second = q.enqueue(order_id=order.id, line=2, deliver=True)
    assert q.read(orders.get, order.id).submitted == 2
    assert q.read(orders.outstanding, order.id) == 2
    q.finish(q.claim_one())
    q.fail(q.claim_one(), WRONG)
    assert q.read(orders.outstanding, order.id) == 2
    for delivery in q.read(deliveries.due, q.now, 9):
        q.write(deliveries.done, delivery.id, q.now)
    assert q.read(orders.outstanding, order.id) == 0
    assert q.read(orders.line_states, order.id) == [
        (1, first, "done", None),
        (2, second, "failed", "that can't be drawn (say something else)"),
    ]
    assert [job.id for job in q.read(queue.find, order_id=order.id)] == [second, first]


def test_only_an_order_that_was_drawn_completely_is_an_earlier_one(q: QueueDriver) -> None:
    def ended(line_error: bool, job_fails: bool) -> str:
        order = _begin(q)
        q.write(orders.describe, order.id, "f" * 64, 1)
        q.enqueue(order_id=order.id, line=1)
        job = q.claim_one()
        if job_fails:
            q.fail(job, WRONG)
        else:
            q.finish(job)
        if line_error:
            q.write(orders.add_line_error, order.id, 2, "no")
        q.write(orders.end, order.id, "ended", None, q.now)
        q.now += 1
        return order.id

    good = [ended(False, False), ended(False, False)][-1]
    ended(True, False)
    ended(False, True)
    found = q.read(orders.earlier, "inbox", "f" * 64)
    assert found is not None
    assert found.id == good
    assert q.read(orders.earlier, "inbox", "e" * 64) is None
    assert q.read(orders.earlier, "other", "f" * 64) is None


def test_refused_lines_keep_their_reasons(q: QueueDriver) -> None:
    order = _begin(q)
    for line, why in ((2, "b"), (0, "whole"), (2, "better")):
        q.write(orders.add_line_error, order.id, line, why)
    assert q.read(orders.line_errors, order.id) == [(0, "whole"), (2, "better")]


def test_the_orders_that_are_over_are_those_with_nothing_outstanding(q: QueueDriver) -> None:
    """At every step the one question over all orders answers as the question about each does."""
    names = ("drawn", "empty", "unread", "half read", "claimed")
    ids = {name: q.write(orders.begin, "inbox", name, 1, 1, 1, q.now).id for name in names}
    elsewhere = q.write(orders.begin, "other", "drawn", 1, 1, 1, q.now).id
    for name, lines in (("drawn", 1), ("empty", 0), ("unread", 2), ("half read", 2)):
        q.write(orders.describe, ids[name], None, lines)
    q.write(orders.describe, elsewhere, None, 0)
    q.write(orders.advance, ids["half read"], 2)
    assert q.read(orders.over, "inbox") == [ids["empty"]]
    q.enqueue(order_id=ids["drawn"], line=1, deliver=True)
    q.write(orders.advance, ids["drawn"], 2)
    assert q.read(orders.over, "inbox") == [ids["empty"]]
    q.finish(q.claim_one())
    assert q.read(orders.over, "inbox") == [ids["empty"]], "it is still to be delivered"
    [delivery] = q.read(deliveries.due, q.now, 9)
    q.write(deliveries.done, delivery.id, q.now)
    assert sorted(q.read(orders.over, "inbox")) == sorted([ids["empty"], ids["drawn"]])
    q.write(orders.end, ids["drawn"], "ended", None, q.now)
    assert q.read(orders.over, "inbox") == [ids["empty"]]
    assert q.read(orders.over, "other") == [elsewhere]


def test_open_jobs_are_counted_by_owner_and_folder(q: QueueDriver) -> None:
    first = q.write(orders.begin, "inbox", "a", 1, 1, 1, q.now).id
    second = q.write(orders.begin, "other", "a", 1, 1, 1, q.now).id
    q.enqueue(order_id=first, line=1, owner="team:x")
    q.enqueue(order_id=first, line=2, owner="team:x")
    q.enqueue(order_id=second, line=1, owner="team:x")
    q.enqueue(owner="team:x")
    assert q.read(queue.open_jobs, "team:x", "inbox") == 2
    assert q.read(queue.open_jobs, "team:x", "other") == 1
    assert q.read(queue.open_jobs, "team:y", "inbox") == 0
