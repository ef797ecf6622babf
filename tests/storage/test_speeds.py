"""What is remembered of how long pictures take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.queue_driver import LATER, QueueDriver

from storage import queue, speeds
from storage.speeds import Lesson


@pytest.fixture
def q(tmp_path: Path) -> Iterator[QueueDriver]:
    driver = QueueDriver(tmp_path)
    yield driver
    driver.close()


def lesson(model: str = "a", side: int = 512, *, keep: float = 0.5, seconds: float = 10.0) -> Lesson:
    return Lesson(
        model=model,
        width=side,
        height=side,
        kind="text",
        steps=20,
        engine_seconds=seconds,
        drawing_seconds=2 * seconds,
        together=2.0,
        forward_seconds=0.5,
        keep=keep,
    )


def test_earlier_jobs_count_less_at_each_new_one(q: QueueDriver) -> None:
    for seconds in (8.0, 4.0, 2.0):
        known = q.write(speeds.learn, lesson(seconds=seconds), now=q.now)
    assert (known.n, known.engine, known.drawing) == (1.75, 6.0, 12.0)
    assert (known.engine_steps, known.steps_squared, known.forward_together) == (120.0, 700.0, 1.75)
    assert q.read(speeds.read).speeds == (known,)


def test_only_so_many_sizes_are_kept_and_the_oldest_goes(q: QueueDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "MOST", 3)
    for at, side in enumerate((64, 128, 192, 64, 256, 320)):
        q.write(speeds.learn, lesson(side=side), now=q.now + at)
    assert [known.width for known in q.read(speeds.read).speeds] == [64, 256, 320]
    for at, model in enumerate("abcda"):
        q.write(speeds.learn_load, model, 1.0, now=q.now + at)
    assert q.read(speeds.read).loads == dict.fromkeys("cda", 1.0)


def test_what_a_job_took_is_added_up_over_its_attempts_however_they_end(q: QueueDriver) -> None:
    job_id = q.enqueue()
    job = q.claim_one()
    q.write(queue.release, [(job.id, job.attempt)], now=q.now, engine_seconds={job.id: 1.0})
    job = q.claim_one()
    q.write(queue.fail, job.id, job.attempt, LATER, now=q.now, max_attempts=9, retry_ms=0, engine_seconds=2.0)
    job = q.claim_one()
    q.write(
        queue.accuse, [(job.id, job.attempt)], "it crashed", now=q.now, max_attempts=9, engine_seconds={job.id: 4.0}
    )
    job = q.claim_one()
    assert q.job(job_id).engine_seconds == 7.0
    assert not q.write(queue.cancelled, job.id, job.attempt - 1, now=q.now, engine_seconds=100.0)
    assert q.write(queue.finish, job.id, job.attempt, [], now=q.now, engine_seconds=8.0)
    assert not q.write(queue.finish, job.id, job.attempt, [], now=q.now, engine_seconds=8.0)
    assert q.job(job_id).engine_seconds == 15.0


def test_a_job_that_is_cancelled_while_it_runs_took_what_it_took(q: QueueDriver) -> None:
    job_id = q.enqueue()
    job = q.claim_one()
    assert q.write(queue.cancelled, job.id, job.attempt, now=q.now, engine_seconds=3.0)
    assert q.job(job_id).engine_seconds == 3.0
