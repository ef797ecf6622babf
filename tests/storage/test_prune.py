"""What is old goes, what is needed stays, and nothing is half gone."""

from __future__ import annotations

import random
from types import ModuleType

import pytest
from sqlalchemy import Connection
from support.queue_driver import QueueDriver
from support.requests import settled

from storage import deliveries, inputs, orders, queue, subscriptions
from storage.prune import files, jobs
from storage.prune.rule import Gone, Rule, Which
from storage.queue.job import TERMINAL, Origin
from storage.subscriptions import Subscription


def prune(q: QueueDriver, rule: Rule | None = None, *, at_once: int = 3) -> Gone:
    """Everything that may go, first rehearsed: both must say the same."""
    rule, gone, rehearsed = rule or Rule(), Gone(), Gone()
    after: int | None = q.read(jobs.beginning, rule)
    names: set[str] = set()
    while after:
        found = q.read(jobs.find, rule, after, at_once)
        rehearsed.add(q.read(jobs.preview, rule, found.seqs, names))
        after = found.after
    rehearsed.orders = q.read(jobs.orders_that_go, names)
    after = q.read(jobs.beginning, rule)
    while after:
        found = q.read(jobs.find, rule, after, at_once)
        gone.add(q.write(jobs.remove, rule, found.seqs))
        after = found.after
    assert gone == rehearsed
    paths = q.read(files.noted, 10_000)
    assert files.unlink(q.state_dir, paths) == paths
    q.write(files.forget, paths)
    return gone


def drawn(q: QueueDriver, **fields: object) -> str:
    job_id = q.enqueue(**fields)
    q.finish(q.claim_one())
    return job_id


def left(q: QueueDriver) -> set[str]:
    return {job.id for job in q.read(queue.find)}


def test_ended_jobs_go_with_their_pictures_and_counts_stay_right(q: QueueDriver, invariants: ModuleType) -> None:
    done = [drawn(q) for _ in range(7)]
    cancelled = q.enqueue()
    q.write(queue.cancel, cancelled, now=q.now)
    waits, runs = q.enqueue(priority=-1), q.enqueue()
    assert q.claim_one().id == runs
    gone = prune(q, Rule(states=("done",)))
    assert (gone.jobs, gone.pictures) == (len(done), len(done))
    assert gone.bytes > 0
    assert left(q) == {cancelled, waits, runs}
    assert list((q.state_dir / "pictures").rglob("*.png")) == []
    assert invariants.violations(q.state_dir) == []


def test_only_what_ended_before_the_moment_and_not_the_newest_that_are_kept(q: QueueDriver) -> None:
    old = [drawn(q) for _ in range(5)]
    q.now += 10_000
    new = drawn(q)
    assert prune(q, Rule(ended_before=q.now, keep=3)).jobs == 3, "the new one and two of the old are kept"
    assert left(q) == {new, *old[-2:]}
    assert prune(q, Rule(owner="cli:2")).jobs == 0
    assert prune(q, Rule(keep=50)).jobs == 0


def test_what_a_job_that_stays_descends_from_stays_and_a_whole_family_goes_at_once(q: QueueDriver) -> None:
    grandparent = drawn(q)
    parent = drawn(q, parent=q.job(grandparent).pictures[0].id)
    stranger = drawn(q)
    child = q.enqueue(parent=parent)
    assert prune(q).jobs == 1
    assert left(q) == {grandparent, parent, child}
    assert stranger not in left(q)
    q.finish(q.claim_one())
    assert prune(q, at_once=1).jobs == 3, "the youngest first, even one at a time"
    assert left(q) == set()


def test_a_job_whose_end_is_still_to_be_delivered_stays(q: QueueDriver) -> None:
    job_id = drawn(q, deliver=True)
    assert prune(q).jobs == 0
    (waiting,) = q.read(deliveries.due, q.now, 10)
    q.write(deliveries.done, waiting.id, q.now)
    assert prune(q).jobs == 1
    assert job_id not in left(q)


@pytest.mark.parametrize(
    ("claimed_path", "fingerprint", "remembered", "ended", "stays", "jobs_go"),
    [
        (None, "f" * 64, False, True, False, True),
        (None, "f" * 64, True, True, True, True),
        (None, None, True, True, False, True),
        (".", "f" * 64, False, True, True, True),
        (None, "f" * 64, False, False, True, False),
    ],
    ids=["forgotten", "its content is remembered", "never read", "in a folder that can't be written", "still open"],
)
def test_an_order_goes_with_its_last_job_unless_its_folder_needs_it(
    q: QueueDriver,
    claimed_path: str | None,
    fingerprint: str | None,
    remembered: bool,
    ended: bool,
    stays: bool,
    jobs_go: bool,
) -> None:
    order = q.write(orders.begin, "inbox", "a.txt", 1, 2, 3, q.now, claimed_path=claimed_path)
    q.write(orders.describe, order.id, fingerprint, 2, remembered=remembered)
    q.write(orders.add_line_error, order.id, 2, "wrong")
    drawn(q, order_id=order.id, line=1)
    if ended:
        q.write(orders.end, order.id, "ended", None, q.now)
    gone = prune(q)
    assert (gone.jobs, gone.orders) == (int(jobs_go), int(not stays))
    seen = q.read(orders.seen, "inbox", "a.txt", 1, 2, 3)
    assert (seen is not None) == stays


def test_an_input_picture_is_known_to_the_row_of_its_job(q: QueueDriver) -> None:
    from storage.prune import leftovers

    digest = inputs.save(q.state_dir, b"a picture")
    q.enqueue(request=settled(image=digest, denoising_strength=0.5))
    assert q.read(leftovers.needed, [digest, "0" * 64]) == {digest}


def test_an_input_picture_that_was_asked_for_lately_is_not_removed(q: QueueDriver) -> None:
    import os

    digest = inputs.save(q.state_dir, b"a picture")
    path = q.state_dir / "inputs" / f"{digest}.png"
    assert not inputs.discard(q.state_dir, digest)
    os.utime(path, (1, 1))
    assert inputs.save(q.state_dir, b"a picture") == digest
    assert not inputs.discard(q.state_dir, digest), "it was taken in again"
    os.utime(path, (1, 1))
    inputs.claim(q.state_dir, digest)
    assert not inputs.discard(q.state_dir, digest), "a request is about to name it"
    os.utime(path, (1, 1))
    assert inputs.discard(q.state_dir, digest)
    assert not path.exists()


@pytest.mark.parametrize("seed", range(3))
def test_in_any_mix_of_verbs_no_row_loses_its_file_and_no_family_its_parent(
    q: QueueDriver, invariants: ModuleType, seed: int
) -> None:
    """Jobs are submitted, drawn, failed, cancelled, tried again and descended from while pruning goes on."""
    chance, pruned = random.Random(seed), 0
    acknowledged: set[str] = set()
    for _ in range(120):
        there = q.read(queue.find)
        match chance.choice(("submit", "submit", "descend", "draw", "draw", "fail", "cancel", "retry", "prune")):
            case "submit":
                acknowledged.add(q.enqueue(owner=f"cli:{chance.randint(1, 2)}", deliver=chance.random() < 0.1))
            case "descend" if there:
                parent = chance.choice(there)
                name = chance.choice([parent.id, *(picture.id for picture in parent.pictures)])
                acknowledged.add(q.enqueue(parent=name))
            case "draw" if claimed := q.claim():
                q.finish(claimed[0])
            case "fail" if claimed := q.claim():
                q.fail(claimed[0])
            case "cancel" if there:
                q.write(queue.cancel, chance.choice(there).id, now=q.now)
            case "retry":
                again = [job for job in there if job.state in ("failed", "dead", "cancelled")]
                if again:
                    q.write(queue.retry, chance.choice(again).id, now=q.now)
            case "prune":
                states = tuple(sorted(chance.sample(sorted(TERMINAL), 2)))
                rule = Rule(states=states, keep=chance.randint(0, 3), ended_before=q.now - chance.randint(0, 20))
                before = {job.id: job.state for job in q.read(queue.find)}
                pruned += prune(q, rule, at_once=chance.randint(1, 5)).jobs
                assert {before[name] for name in before.keys() - left(q)} <= set(states)
                acknowledged &= left(q)
        q.now += 3
        assert acknowledged == left(q)
    assert invariants.violations(q.state_dir, acknowledged) == []
    assert pruned > 3


def test_a_rule_tells_of_owners_that_begin_so_and_of_where_jobs_came_from(q: QueueDriver) -> None:
    cat = drawn(q, owner="folder:inbox", origin=Origin("folder", {}))
    studio = drawn(q, owner="folder:studio", origin=Origin("webhook", {}))
    person = drawn(q, owner="cli:1", origin=Origin("webhook", {}))
    other = drawn(q, owner="folders:1", origin=Origin("cli", {}))
    assert prune(q, Rule(owner="folder:*", origin="webhook")).jobs == 1
    assert left(q) == {cat, person, other}
    assert studio not in left(q)
    assert prune(q, Rule(owner="folder:*")).jobs == 1
    assert prune(q, Rule(origin="webhook")).jobs == 1
    assert left(q) == {other}
    assert prune(q, Rule(owner="*")).jobs == 1


def test_what_another_rule_tells_of_is_left_to_it(q: QueueDriver) -> None:
    kept = drawn(q, owner="cli:1")
    gone = drawn(q, owner="cli:2")
    assert prune(q, Rule(but=(Which(owner="cli:1"), Which(states=("failed",))))).jobs == 1
    assert left(q) == {kept}
    assert gone not in left(q)


def weigh_a_hundred_bytes_each(q: QueueDriver) -> None:
    def operation(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE pictures SET bytes = 100")
        connection.exec_driver_sql("UPDATE stored SET bytes = 100 * pictures")

    q.write(operation)


@pytest.mark.parametrize(("most", "stay"), [(0, 0), (99, 0), (100, 1), (250, 2), (499, 4), (500, 5), (10**9, 5)])
def test_the_newest_are_kept_whose_pictures_take_no_more(q: QueueDriver, most: int, stay: int) -> None:
    """Five jobs with 100 bytes of pictures each, as their rows say."""
    names = [drawn(q) for _ in range(5)]
    weigh_a_hundred_bytes_each(q)
    assert prune(q, Rule(keep_bytes=most)).jobs == 5 - stay
    assert left(q) == set(names[5 - stay :])


def test_a_job_stays_as_long_as_one_thing_keeps_it(q: QueueDriver) -> None:
    old = [drawn(q) for _ in range(6)]
    q.now += 10_000
    new = [drawn(q) for _ in range(2)]
    weigh_a_hundred_bytes_each(q)
    assert prune(q, Rule(ended_before=q.now, keep=3, keep_bytes=400)).jobs == 4
    assert left(q) == {*new, *old[-2:]}
    assert prune(q, Rule(ended_before=q.now, keep=1, keep_bytes=0)).jobs == 2
    assert left(q) == set(new), "their time is not over"


def test_a_job_of_which_a_subscriber_is_still_to_be_told_stays(q: QueueDriver) -> None:
    q.write(subscriptions.replace, [Subscription(source="webhook", target="archive", states=("done",))])
    drawn(q)
    assert prune(q).jobs == 0
    (waiting,) = q.read(deliveries.due, q.now, 10)
    q.write(deliveries.give_up, waiting.id, "nobody there", q.now)
    assert prune(q).jobs == 1
