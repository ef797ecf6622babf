"""What the door accepts, what it refuses, and that accepted means committed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from config.errors import BusyError, RetryableError, UserError
from daemon.service import JobChanged, OrderProgress, Origin, Receipt, Submission
from storage.database import Database


def _fields(**more: Any) -> dict[str, Any]:
    return {"prompt": "a red apple", **more}


def _png(width: int = 64, height: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 40)).save(out, "PNG")
    return out.getvalue()


async def test_an_accepted_job_is_in_the_database_complete_and_the_dispatcher_knows(parts: Any) -> None:
    with parts.service.watch() as events:
        receipt = await parts.service.submit(Submission(fields=_fields(steps=7), owner="cli:1000", priority=3))
        assert await anext(events) == JobChanged(receipt.id, "queued")
    assert receipt.created
    assert parts.dispatcher.woken == 1
    again = Database.open(parts.settings.database)
    try:
        from storage import queue

        job = again.read_sync(lambda c: queue.get(c, receipt.id))
    finally:
        again.close()
    assert (job.state, job.owner, job.lane, job.priority, job.queued_at) == (
        "queued",
        "cli:1000",
        "interactive",
        3,
        parts.clock.now,
    )
    request = job.request
    assert (request.model, request.steps) == ("starter", 7)
    assert None not in (request.width, request.height, request.guidance_scale, request.scheduler, request.seed)
    assert job.origin == Origin("cli", {})


async def test_the_scheduler_is_recorded_by_its_one_name(parts: Any) -> None:
    receipt = await parts.service.submit(Submission(fields=_fields(scheduler="dpmpp_2m_karras")))
    assert (await parts.service.job(receipt.id)).request.scheduler == "DPM++ 2M Karras"


@pytest.mark.parametrize(
    ("submission", "field"),
    [
        (Submission(fields={}), "prompt"),
        (Submission(fields=_fields(stesp=3)), "stesp"),
        (Submission(fields=_fields(steps=0)), "steps"),
        (Submission(fields=_fields(scheduler="warp drive")), "scheduler"),
        (Submission(fields=_fields(model="no-such-model")), "model"),
        (Submission(fields=_fields(width=4096, height=4096)), "width"),
        (Submission(fields=_fields(denoising_strength=0.5)), "denoising_strength"),
        (Submission(fields=_fields(image="0" * 64)), "image"),
        (Submission(fields=_fields(), image=b"not a picture"), "image"),
        (Submission(fields=_fields(), owner="nobody"), "owner"),
        (Submission(fields=_fields(), owner="cli:../../etc"), "owner"),
        (Submission(fields=_fields(), owner="cli:a\n"), "owner"),
        (Submission(fields=_fields(), lane="fast"), "lane"),
        (Submission(fields=_fields(), priority=101), "priority"),
        (Submission(fields=_fields(), key=""), "key"),
        (Submission(fields=_fields(), key="k" * 201), "key"),
        (Submission(fields=_fields(), key="a\x00b"), "key"),
        (Submission(fields=_fields(), origin=Origin("folder", {"tags": "x" * 5000})), "origin"),
        (Submission(fields=_fields(), origin=Origin("../x", {})), "origin"),
    ],
)
async def test_what_is_wrong_is_refused_by_its_name_and_nothing_is_queued(
    build: Callable[..., Any], submission: Submission, field: str | None
) -> None:
    parts = build(limits={"max_request_pixels": 4_000_000})
    with pytest.raises(UserError) as caught:
        await parts.service.submit(submission)
    assert caught.value.field == field
    assert await parts.service.jobs() == []
    assert parts.dispatcher.woken == 0


async def test_a_key_makes_one_job_however_often_it_is_submitted(parts: Any) -> None:
    first = await parts.service.submit(Submission(fields=_fields(), owner="http:a", key="k1"))
    same = await parts.service.submit(Submission(fields=_fields(prompt="something else"), owner="http:b", key="k1"))
    other = await parts.service.submit(Submission(fields=_fields(), owner="cli:a", key="k1"))
    assert (same.id, same.created) == (first.id, False)
    assert other.created
    assert {job.id for job in await parts.service.jobs()} == {first.id, other.id}


async def test_an_input_picture_is_kept_before_the_job_is_accepted(parts: Any) -> None:
    receipt = await parts.service.submit(Submission(fields=_fields(denoising_strength=0.4), image=_png()))
    request = (await parts.service.job(receipt.id)).request
    assert request.task == "image_to_image"
    assert request.denoising_strength == 0.4
    assert (parts.settings.inputs / f"{request.image}.png").is_file()
    again = await parts.service.submit(Submission(fields=_fields(image=request.image)))
    assert (await parts.service.job(again.id)).request.denoising_strength is not None


async def test_a_full_queue_refuses_with_the_reason_and_takes_again_when_there_is_room(
    build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.service.bounds.COUNT_EVERY_MS", 0)
    parts = build(queue={"max_queued": 2})
    first = await parts.service.submit(Submission(fields=_fields()))
    await parts.service.submit(Submission(fields=_fields()))
    with pytest.raises(BusyError, match="the queue is full"):
        await parts.service.submit(Submission(fields=_fields()))
    await parts.service.cancel(first.id)
    assert (await parts.service.submit(Submission(fields=_fields()))).created


@pytest.mark.parametrize("room", [0, 1, 337])
async def test_of_a_thousand_at_once_exactly_as_many_are_taken_as_there_is_room_for(
    build: Callable[..., Any], room: int
) -> None:
    """Whatever else is refused beside them takes no room from anybody."""
    parts = build(queue={"max_queued": room + 3})
    for _ in range(3):
        await parts.service.submit(Submission(fields=_fields()))
    wrong = [Submission(fields=_fields(steps=-1)) for _ in range(100)]
    submissions = [*wrong, *(Submission(fields=_fields(), owner=f"cli:{n % 7}") for n in range(1_000))]
    answers = await asyncio.gather(*map(parts.service.submit, submissions), return_exceptions=True)
    assert sum(isinstance(each, Receipt) for each in answers) == room
    full = [each for each in answers if isinstance(each, BusyError)]
    assert {each.message.partition(" (")[0] for each in full} == {"the queue is full"}
    assert (await parts.service.status()).queue["queued"] == room + 3


async def test_several_at_once_are_taken_together_or_not_at_all(build: Callable[..., Any]) -> None:
    parts = build(queue={"max_queued": 10})
    offers = [[Submission(fields=_fields()) for _ in range(3)] for _ in range(8)]
    answers = await asyncio.gather(*map(parts.service.submit_many, offers), return_exceptions=True)
    assert sum(isinstance(each, list) for each in answers) == 3
    assert (await parts.service.status()).queue["queued"] == 9


async def test_a_known_key_needs_no_room_among_those_that_come_with_it(build: Callable[..., Any]) -> None:
    parts = build(queue={"max_queued": 2})
    answers = await parts.service.submit_many([Submission(fields=_fields(), key="k") for _ in range(2)])
    assert [each.created for each in answers] == [True, False]
    assert (await parts.service.submit(Submission(fields=_fields()))).created


async def test_a_retry_of_a_job_needs_room_too(build: Callable[..., Any]) -> None:
    parts = build(queue={"max_queued": 1})
    job = await parts.service.submit(Submission(fields=_fields()))
    await parts.service.cancel(job.id)
    await parts.service.submit(Submission(fields=_fields()))
    with pytest.raises(BusyError, match="the queue is full"):
        await parts.service.retry(job.id)
    assert (await parts.service.job(job.id)).state == "cancelled"


async def test_a_nearly_full_disk_refuses_with_the_reason_and_heals_by_itself(
    build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = build(storage={"min_free_bytes": 2**60})
    with pytest.raises(BusyError, match="the disk is nearly full"):
        await parts.service.submit(Submission(fields=_fields()))
    assert [each.what for each in (await parts.service.status()).degraded] == ["disk"]
    monkeypatch.setattr(parts.files, "free_bytes", lambda: 2**61)
    parts.service._bounds._free_bytes = parts.files.free_bytes
    assert (await parts.service.submit(Submission(fields=_fields()))).created
    assert (await parts.service.status()).degraded == ()


async def test_a_stopping_daemon_takes_nothing(parts: Any) -> None:
    parts.service.stop_intake()
    with pytest.raises(BusyError, match="stopping"):
        await parts.service.submit(Submission(fields=_fields()))
    assert (await parts.service.status()).daemon.state == "stopping"


async def test_many_are_committed_together_and_a_wrong_one_stops_no_other(parts: Any) -> None:
    answers = await parts.service.submit_many(
        [Submission(fields=_fields()), Submission(fields=_fields(steps=-1)), Submission(fields=_fields(steps=3))]
    )
    assert [type(each) for each in answers] == [Receipt, UserError, Receipt]
    assert len(await parts.service.jobs()) == 2


async def test_the_lines_of_an_order_and_its_cursor_move_together(parts: Any) -> None:
    orders = parts.service.orders
    order = await orders.begin("inbox", "wishes.txt", 1, 2, 3)
    await orders.describe(order.id, "f" * 64, 4)
    answers = await parts.service.submit_many(
        [
            Submission(fields=_fields(), owner="folder:inbox", key=f"{order.id}:1", line=1),
            Submission(fields=_fields(scheduler="nope"), owner="folder:inbox", key=f"{order.id}:3", line=3),
        ],
        order=OrderProgress(order_id=order.id, next_line=4, errors=[(2, "line 2 is not text")]),
    )
    assert isinstance(answers[0], Receipt)
    assert isinstance(answers[1], UserError)
    (job,) = await parts.service.jobs(order_id=order.id)
    assert (job.id, job.line, job.order_id) == (answers[0].id, 1, order.id)
    (opened,) = await orders.open_orders("inbox")
    assert opened.next_line == 4
    errors = dict(await orders.line_errors(order.id))
    assert errors[2] == "line 2 is not text"
    assert errors[3].startswith("scheduler: ")


async def test_an_order_whose_transaction_fails_has_neither_jobs_nor_a_moved_cursor(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    order = await parts.service.orders.begin("inbox", "wishes.txt", 1, 2, 3)
    monkeypatch.setattr("storage.orders.advance", broken)
    with parts.service.watch() as events, pytest.raises(RetryableError, match="No space"):
        await parts.service.submit_many(
            [Submission(fields=_fields(), owner="folder:inbox", line=1)],
            order=OrderProgress(order_id=order.id, next_line=2),
        )
    assert await parts.service.jobs() == []
    assert (await parts.service.orders.open_orders("inbox"))[0].next_line == 1
    events.close()
    assert [event async for event in events] == []
