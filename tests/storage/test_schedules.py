"""Schedules and their due times on the database: fenced, once each, and found by seeks."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from support.queue_driver import QueueDriver, new_job

from config.errors import ConflictError, NotFoundError
from config.ids import new_id
from storage import occurrences, queue, schedules
from storage.prune import leftovers
from storage.schedules import Definition, Next, Schedule

DEFINITION = Definition(
    name="dawn",
    owner="schedule:dawn",
    kind="every",
    expression="1h",
    time_zone="UTC",
    gap="next",
    overlap="first",
    catch_up="one",
    jitter_ms=0,
    starts_at=None,
    ends_at=None,
    max_runs=None,
    max_in_flight=1,
    quiet_hours=None,
    template={"request": {"prompt": "a cat"}, "seed_rule": "random", "lists": {}, "evolve": False},
    target={"kind": "gallery"},
    image="a" * 64,
)
HOUR = 3_600_000


def added(q: QueueDriver) -> Schedule:
    following = Next(q.now + HOUR, q.now + HOUR)
    return q.write(schedules.add, new_id(q.now), DEFINITION, following, q.now, from_file=False)


def test_what_was_kept_is_what_is_read(q: QueueDriver) -> None:
    schedule = added(q)
    assert schedule.definition == DEFINITION
    assert q.read(schedules.get, "dawn") == schedule == q.read(schedules.find, schedule.id)
    assert q.read(schedules.every) == [schedule]
    assert q.read(schedules.counts) == (1, 1)
    assert q.read(schedules.next_at) == q.now + HOUR
    assert q.read(schedules.due, q.now + HOUR - 1, 10) == []
    assert q.read(schedules.due, q.now + HOUR, 10) == [schedule]
    with pytest.raises(ConflictError):
        added(q)
    with pytest.raises(NotFoundError):
        q.read(schedules.get, "dusk")


def test_what_was_decided_meanwhile_is_not_decided_again(q: QueueDriver) -> None:
    known = added(q)
    assert q.write(schedules.advance, known, q.now + HOUR, None, 1)
    assert not q.write(schedules.advance, known, q.now + HOUR, None, 1)
    assert q.read(schedules.get, "dawn").runs == 1
    known = q.read(schedules.get, "dawn")
    q.write(schedules.pause, known.id, None, q.now)
    assert not q.write(schedules.advance, known, q.now + 2 * HOUR, None, 1), "it was changed meanwhile"


def test_a_due_time_is_recorded_once(q: QueueDriver) -> None:
    schedule = added(q).id
    assert q.write(occurrences.record, schedule, q.now, "skipped", q.now, why="full") is not None
    assert q.write(occurrences.record, schedule, q.now, "waiting", q.now, number=1) is None
    with pytest.raises(sa.exc.IntegrityError):
        q.write(
            lambda c: c.exec_driver_sql(
                "INSERT INTO occurrences (schedule_id, due_at, state, why, recorded_at) "
                f"VALUES ('{schedule}', {q.now}, 'missed', 'x', 0)"
            )
        )


def test_an_end_is_noted_once_and_a_job_that_was_removed_is_an_end(q: QueueDriver) -> None:
    schedule = added(q).id
    row = q.write(occurrences.record, schedule, q.now, "waiting", q.now, number=1)
    job = q.write(queue.enqueue, new_job(), now=q.now).id
    q.write(occurrences.start, row, job, 5)
    assert q.read(occurrences.room, schedule) == (1, 0)
    assert q.read(occurrences.ended, job) == []
    q.write(queue.cancel, job, now=q.now)
    (ending,) = q.read(occurrences.ended, job)
    assert (ending.state, q.read(occurrences.all_ended)) == ("cancelled", [ending])
    assert q.write(occurrences.settle, ending)
    assert not q.write(occurrences.settle, ending)
    row = q.write(occurrences.record, schedule, q.now + 1, "waiting", q.now, number=2)
    q.write(occurrences.start, row, "0" * 16, 0)
    assert q.read(occurrences.all_ended)[0].why == "its job was removed"


def test_the_picture_that_a_schedule_starts_from_is_needed(q: QueueDriver) -> None:
    added(q)
    assert q.read(leftovers.needed, ["a" * 64, "b" * 64]) == {"a" * 64}


def test_nothing_is_left_of_one_that_is_removed(q: QueueDriver) -> None:
    schedule = added(q).id
    q.write(occurrences.record, schedule, q.now, "skipped", q.now, why="full")
    q.write(schedules.remove, schedule)
    assert q.read(schedules.counts) == (0, 0)
    assert q.read(occurrences.of_schedule, schedule, 10) == []


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (schedules.DUE, "schedules_next (next_at>? AND next_at<?)"),
        (occurrences.ROOM, "occurrences_queued (schedule_id=?)"),
        (occurrences.WAITING, "occurrences_waiting (schedule_id=?)"),
        (occurrences.ENDED, "occurrences_job (job_id=?)"),
    ],
    ids=["due", "room", "waiting", "ended"],
)
def test_what_every_round_asks_for_is_a_seek(q: QueueDriver, statement: sa.Executable, index: str) -> None:
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    given: dict[str, Any] = {**compiled.params, "now": 0, "most": 1, "of": "x"}
    given = {name: value for name, value in given.items() if f":{name}" in str(compiled)}
    plan = q.read(lambda c: [row[3] for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given)])
    assert any(index in line for line in plan), plan
    assert not any(line.startswith("SCAN") or "TEMP B-TREE" in line for line in plan), plan
