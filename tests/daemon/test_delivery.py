"""Results reach their origin: after failures, after a crash, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from support.waiting import until

from config.errors import RetryableError
from config.ids import new_id
from config.settings import DeliverySettings
from daemon.delivery import Outbox
from daemon.service import Delivery, Job, JobChanged, LaterError, Post, Submission, UndeliverableError
from storage import deliveries

QUICK = DeliverySettings(retry_seconds=0.01, longest_wait_seconds=0.01, max_attempts=3)


class Scripted:
    """Raises what its script says, once each, then delivers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.seen: list[tuple[str, str, str]] = []
        self.gate: asyncio.Event | None = None
        self.at_once = self.most_at_once = 0

    async def deliver(self, delivery: Delivery, job: Job) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.errors:
                raise self.errors.pop(0)
            self.seen.append((delivery.id, job.id, job.state))
        finally:
            self.at_once -= 1


def _outbox(parts: Any, settings: DeliverySettings = QUICK, clock: Callable[[], int] | None = None) -> Outbox:
    outbox = Outbox(
        database=parts.database,
        bus=parts.bus,
        deliverers=parts.service.deliverers,
        settings=settings,
        conditions=parts.conditions,
        clock=clock or parts.clock,
    )
    parts.service.when_deliverer_comes(outbox.wake)
    return outbox


@asynccontextmanager
async def _running(outbox: Outbox) -> AsyncIterator[None]:
    task = asyncio.create_task(outbox.run())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _ended(parts: Any, source: str = "folder") -> str:
    """A job that ended (cancelled) and is to be delivered."""
    receipt = await parts.service.submit(
        Submission(fields={"prompt": "a red apple"}, owner=f"{source}:inbox", deliver=True)
    )
    await parts.service.cancel(receipt.id)
    return str(receipt.id)


async def _figures(parts: Any) -> tuple[int, int]:
    figures = (await parts.service.status()).deliveries
    return figures.waiting, figures.given_up


async def _come_to(parts: Any, waiting: int, given_up: int) -> None:
    async with asyncio.timeout(20):
        while await _figures(parts) != (waiting, given_up):
            await asyncio.sleep(0.01)


async def test_an_ended_job_is_delivered_once_as_soon_as_it_is_published(parts: Any) -> None:
    deliverer = Scripted()
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts)):
        job_id = await _ended(parts)
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)
        parts.bus.publish(JobChanged(job_id, "cancelled"))
        await _come_to(parts, 0, 0)
        await asyncio.sleep(0.1)
    assert [each[1:] for each in deliverer.seen] == [(job_id, "cancelled")]


async def test_what_an_earlier_run_left_is_delivered_at_start(parts: Any) -> None:
    job_id = await _ended(parts)
    deliverer = Scripted()
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts)):
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)
    assert deliverer.seen[0][1] == job_id


async def test_a_deliverer_that_comes_late_gets_what_waited(parts: Any) -> None:
    await _ended(parts)
    deliverer = Scripted()
    async with _running(_outbox(parts)):
        await asyncio.sleep(0.05)
        parts.service.register_deliverer("folder", deliverer)
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)


async def test_a_source_without_a_deliverer_holds_up_no_other(parts: Any) -> None:
    for _ in range(12):
        await _ended(parts, "http")
    deliverer = Scripted()
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts)):
        await _ended(parts, "folder")
        await _come_to(parts, 12, 0)
    assert len(deliverer.seen) == 1


async def test_a_delivery_that_may_work_later_is_tried_until_it_does(parts: Any) -> None:
    deliverer = Scripted(*[RetryableError("the disk is full")] * 5)
    parts.service.register_deliverer("folder", deliverer)

    def ticking() -> int:
        parts.clock.forward(0.1)
        return int(parts.clock.now)

    async with _running(_outbox(parts, clock=ticking)):
        await _ended(parts)
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)
        await until(lambda: parts.conditions.list() == (), "the condition is over", 20)
        await _come_to(parts, 0, 0)


async def test_while_a_delivery_fails_the_status_says_why(parts: Any) -> None:
    deliverer = Scripted(*[RetryableError("the disk is full")] * 1000)
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts)):
        await _ended(parts)
        await until(lambda: bool(parts.conditions.list()), "the condition is there", 20)
    (condition,) = (await parts.service.status()).degraded
    assert condition.what == "delivery to folder"
    assert "the disk is full" in condition.why
    assert await _figures(parts) == (1, 0)


async def test_a_delivery_that_breaks_is_given_up_after_its_tries_and_the_next_one_comes_through(parts: Any) -> None:
    deliverer = Scripted(*[ZeroDivisionError("a defect")] * 3)
    parts.service.register_deliverer("folder", deliverer)

    def ticking() -> int:
        parts.clock.forward(0.1)
        return int(parts.clock.now)

    async with _running(_outbox(parts, DeliverySettings(at_once=1, retry_seconds=0.01, max_attempts=3), ticking)):
        await _ended(parts)
        await until(lambda: not deliverer.errors, "every error has been raised", 20)
        second = await _ended(parts)
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)
        assert deliverer.seen[0][1] == second
        await _come_to(parts, 0, 1)


async def test_a_reason_that_never_passes_is_given_up_after_its_hours(parts: Any) -> None:
    deliverer = Scripted(*[RetryableError("unplugged")] * 1000)
    parts.service.register_deliverer("folder", deliverer)
    await _ended(parts)
    parts.clock.forward(50 * 365 * 24 * 3_600)  # a clock that began in 1970 has been set: nobody has waited so long

    def ticking() -> int:
        parts.clock.forward(0.1)
        return int(parts.clock.now)

    hours = 0.1 / 3_600
    settings = DeliverySettings(give_up_hours=hours, retry_seconds=0.01, longest_wait_seconds=0.01)
    async with _running(_outbox(parts, settings, ticking)):
        await _come_to(parts, 0, 1)
    assert deliverer.seen == []
    assert 10 <= 1000 - len(deliverer.errors) <= 15, "each of its waits counts, and nothing else does"


async def test_what_is_given_up_is_kept_where_it_was_to_be_told(parts: Any) -> None:
    parts.service.register_deliverer("folder", Scripted(UndeliverableError("nobody is there")))
    job = await _ended(parts)
    post = Post(id=new_id(parts.clock()), source="folder", channel="2", user="3", job_id=job)
    other = Post(id=new_id(parts.clock()), source="elsewhere", channel="2", user="3")
    for each in (post, other):
        await parts.service.posts.open(each)
    async with _running(_outbox(parts)):
        await _come_to(parts, 0, 1)
    after = await parts.service.posts.of_job(job)
    assert (after.id, after.state, after.why) == (post.id, "kept", None)
    assert [each.id for each in await parts.service.posts.open_ones(10)] == [other.id]


async def test_a_delivery_is_not_late_by_an_hour_because_the_clock_was_set_back(parts: Any) -> None:
    deliverer = Scripted(RetryableError("not now"))
    parts.service.register_deliverer("folder", deliverer)
    await _ended(parts)
    parts.clock.forward(-3_600)
    outbox = _outbox(parts)
    async with _running(outbox):
        await until(lambda: not deliverer.errors, "every error has been raised", 20)
        await _come_to(parts, 1, 0)
        parts.clock.forward(-3_600)
        outbox.wake()  # by itself it looks every half a minute
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)


async def test_one_source_has_a_bounded_number_under_way(parts: Any) -> None:
    deliverer = Scripted()
    deliverer.gate = asyncio.Event()
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts, DeliverySettings(at_once=2))):
        for _ in range(5):
            await _ended(parts)
        await until(lambda: deliverer.at_once == 2, "two are under way", 20)
        deliverer.gate.set()
        await until(lambda: len(deliverer.seen) == 5, "all are delivered", 20)
    assert deliverer.most_at_once == 2
    assert len({each[0] for each in deliverer.seen}) == 5


async def test_a_delivery_that_was_broken_off_comes_again_with_the_same_id(parts: Any) -> None:
    deliverer = Scripted()
    deliverer.gate = asyncio.Event()
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts)):
        await _ended(parts)
        await until(lambda: deliverer.at_once == 1, "one is under way", 20)
    assert deliverer.seen == []
    deliverer.gate.set()
    async with _running(_outbox(parts)):
        await _come_to(parts, 0, 0)
    assert len(deliverer.seen) == 1


async def test_a_delivery_that_can_not_be_recorded_is_not_made_over_and_over(parts: Any, monkeypatch: Any) -> None:
    deliverer = Scripted()
    parts.service.register_deliverer("folder", deliverer)
    await _ended(parts)

    def full(*_: object) -> None:
        raise RetryableError("there is no space left for the database")

    monkeypatch.setattr("daemon.delivery.deliveries.done", full)
    async with _running(_outbox(parts, DeliverySettings(retry_seconds=60))):
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)
        await asyncio.sleep(0.2)
    assert len(deliverer.seen) == 1


async def test_an_outbox_that_can_not_be_read_is_read_again_later(parts: Any, monkeypatch: Any) -> None:
    deliverer = Scripted()
    parts.service.register_deliverer("folder", deliverer)
    await _ended(parts)
    read, left = parts.database.read, [2]

    async def failing(operation: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise RetryableError("the database can't be read")
        return await read(operation)

    monkeypatch.setattr(parts.database, "read", failing)
    async with _running(_outbox(parts)):
        await until(lambda: len(deliverer.seen) == 1, "one is delivered", 20)


async def test_at_the_end_what_is_due_is_still_brought_within_its_time(parts: Any) -> None:
    deliverer = Scripted()
    parts.service.register_deliverer("folder", deliverer)
    outbox = _outbox(parts)
    for _ in range(6):
        await _ended(parts)
    await asyncio.wait_for(outbox.flush(10), 20)
    assert len(deliverer.seen) == 6
    await _ended(parts)
    deliverer.gate = asyncio.Event()
    await asyncio.wait_for(outbox.flush(0.05), 20)
    assert len(deliverer.seen) == 6


async def test_a_reason_that_never_passes_and_says_so_is_given_up_at_once(parts: Any) -> None:
    deliverer = Scripted(UndeliverableError("it is gone"))
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts)):
        await _ended(parts)
        await _come_to(parts, 0, 1)
    assert deliverer.seen == []
    assert parts.conditions.list() == ()


async def test_after_the_last_delivery_that_failed_is_given_up_nothing_is_said_to_be_wrong_any_more(parts: Any) -> None:
    deliverer = Scripted(RetryableError("not now"), UndeliverableError("it is gone"))
    parts.service.register_deliverer("folder", deliverer)

    def ticking() -> int:
        parts.clock.forward(0.1)
        return int(parts.clock.now)

    async with _running(_outbox(parts, clock=ticking)):
        await _ended(parts)
        await _come_to(parts, 0, 1)
        await until(lambda: parts.conditions.list() == (), "the condition is over", 20)


async def test_a_wait_that_was_asked_for_is_kept_though_no_other_is_so_long(parts: Any) -> None:
    """1. Somebody asks for an hour. 2. It is not tried before, though other waits are short. 3. Others go through."""
    deliverer = Scripted(LaterError("busy", 3_600))
    parts.service.register_deliverer("folder", deliverer)
    async with _running(_outbox(parts)):
        first = await _ended(parts)
        await until(lambda: not deliverer.errors, "it was tried", 20)
        for _ in range(12):
            await _ended(parts)
        await _come_to(parts, 1, 0)
        await asyncio.sleep(0.1)
    assert first not in {job for _, job, _ in deliverer.seen}
    (waiting,) = await parts.database.read(lambda c: deliveries.due(c, parts.clock() + 3_600_000, 9))
    assert waiting.job_id == first
    assert waiting.attempt == 360_000, "it stands for the tries of an hour"
    assert await parts.database.read(lambda c: deliveries.due(c, parts.clock() + 3_599_000, 9)) == []


async def test_a_short_wait_that_was_asked_for_is_a_try(parts: Any) -> None:
    deliverer = Scripted(LaterError("busy", 0.02))
    parts.service.register_deliverer("folder", deliverer)
    settings = DeliverySettings(retry_seconds=0.01, longest_wait_seconds=60)

    def ticking() -> int:
        parts.clock.forward(0.1)
        return int(parts.clock.now)

    async with _running(_outbox(parts, settings, ticking)):
        await _ended(parts)
        await _come_to(parts, 0, 0)
    assert len(deliverer.seen) == 1
