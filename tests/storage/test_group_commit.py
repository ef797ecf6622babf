"""Operations that wait together are committed together, and fail apart."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import text
from support.queue_driver import QueueDriver, new_job

from config.errors import RetryableError
from storage import queue
from storage.database import Connection, Database
from storage.writer import Writer


class Held:
    """The writer busy with an operation until it is let go; what is submitted meanwhile is one group."""

    def __init__(self, database: Database) -> None:
        self._writer: Writer = database._writer
        self._go = threading.Event()
        self._begun = threading.Event()

    def __enter__(self) -> Writer:
        self._writer.submit(self._hold)
        self._begun.wait()
        return self._writer

    def _hold(self, _: Connection) -> None:
        self._begun.set()
        self._go.wait()

    def __exit__(self, *_: object) -> None:
        self._go.set()


def _commits(q: QueueDriver) -> list[str]:
    from sqlalchemy import event

    seen: list[str] = []
    event.listen(q.database._write_engine, "commit", lambda _: seen.append("commit"))
    return seen


def test_a_group_is_one_commit_and_is_answered_after_it(q: QueueDriver) -> None:
    commits = _commits(q)
    with Held(q.database) as writer:
        futures = [writer.submit(lambda c: queue.enqueue(c, new_job(), now=q.now)) for _ in range(50)]
        assert not any(future.done() for future in futures)
    assert len({future.result().id for future in futures}) == 50
    assert len(commits) == 2
    assert q.read(queue.counts)["queued"] == 50


def test_an_operation_that_raises_undoes_its_own_work_only(q: QueueDriver) -> None:
    def wrong(connection: Connection) -> None:
        queue.enqueue(connection, new_job(), now=q.now)
        raise ValueError("mine alone")

    def nonsense(connection: Connection) -> None:
        queue.enqueue(connection, new_job(), now=q.now)
        connection.execute(text("SELECT nothing FROM nowhere"))

    with Held(q.database) as writer:
        good = [writer.submit(lambda c: queue.enqueue(c, new_job(), now=q.now)) for _ in range(2)]
        bad: list[Future[Any]] = [writer.submit(wrong), writer.submit(nonsense)]
        good.append(writer.submit(lambda c: queue.enqueue(c, new_job(), now=q.now)))
    with pytest.raises(ValueError, match="mine alone"):
        bad[0].result()
    assert bad[1].exception() is not None
    assert {future.result().id for future in good} == {job.id for job in q.read(queue.find)}


def test_who_is_cancelled_before_his_turn_writes_nothing(q: QueueDriver) -> None:
    with Held(q.database) as writer:
        future = writer.submit(lambda c: queue.enqueue(c, new_job(), now=q.now))
        assert future.cancel()
    q.enqueue()
    assert len(q.read(queue.find)) == 1


async def test_the_loop_writes_and_reads_without_blocking(q: QueueDriver) -> None:
    made = await asyncio.gather(
        *(q.database.write(lambda c: queue.enqueue(c, new_job(), now=q.now)) for _ in range(20))
    )
    assert len(await q.database.read(queue.find)) == len({each.id for each in made}) == 20


def test_a_reader_can_not_write_and_an_operation_can_not_wait_for_another(q: QueueDriver) -> None:
    with pytest.raises(RetryableError):
        q.read(queue.pause)
    with pytest.raises(RuntimeError):
        q.write(lambda _: q.write(queue.pause))


def test_closing_carries_out_what_waits_and_takes_no_more(q: QueueDriver) -> None:
    with Held(q.database) as writer:
        future = writer.submit(lambda c: queue.enqueue(c, new_job(), now=q.now))
    q.close()
    assert future.result().created
    with pytest.raises(RetryableError):
        q.enqueue()
    again = QueueDriver(q.state_dir)
    assert len(again.read(queue.find)) == 1
    again.close()
