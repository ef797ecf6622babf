"""Cancel, retry, pause, wait, status."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.choosing import InOrder, charge

from config.errors import BusyError, ConflictError, NotFoundError, UserError
from daemon.service import JobChanged, Submission
from storage import queue
from storage.queue.job import JobError


async def _submitted(parts: Any, **more: Any) -> str:
    return str((await parts.service.submit(Submission(fields={"prompt": "a red apple"}, **more))).id)


def _claim(parts: Any) -> Any:
    (job,) = parts.database.write_sync(
        lambda c: queue.claim(
            c,
            now=parts.clock(),
            lease_until=parts.clock() + 60_000,
            limit=1,
            choose=InOrder(),
            charge=charge,
            max_attempts=3,
        )
    )
    return job


async def test_a_waiting_job_is_cancelled_at_once_and_watchers_hear_of_it(parts: Any) -> None:
    job_id = await _submitted(parts)
    with parts.service.watch(job_id) as events:
        assert (await parts.service.cancel(job_id)).state == "cancelled"
        assert await anext(events) == JobChanged(job_id, "cancelled")
    assert (await parts.service.cancel(job_id)).state == "cancelled"
    assert parts.dispatcher.cancelled == []


async def test_a_running_job_is_cancelled_through_the_dispatcher(parts: Any) -> None:
    job_id = await _submitted(parts)
    claimed = _claim(parts)
    job = await parts.service.cancel(job_id)
    assert job.state == "running"
    assert job.cancel_requested
    assert parts.dispatcher.cancelled == [(job_id, claimed.attempt)]


async def test_a_job_is_found_by_the_beginning_of_its_id_and_an_unknown_one_is_said_so(parts: Any) -> None:
    job_id = await _submitted(parts)
    assert (await parts.service.cancel(job_id[:14])).id == job_id
    for act in (parts.service.job, parts.service.cancel, parts.service.retry, parts.service.wait):
        with pytest.raises(NotFoundError):
            await act("zzzzzzzzzzzzzzzz")


async def test_a_failed_job_is_queued_again_and_a_running_one_is_not(parts: Any) -> None:
    job_id = await _submitted(parts)
    claimed = _claim(parts)
    with pytest.raises(ConflictError):
        await parts.service.retry(job_id)
    error = JobError("user", "no such thing", None, None)
    parts.database.write_sync(
        lambda c: queue.fail(c, job_id, claimed.attempt, error, now=parts.clock(), max_attempts=3, retry_ms=0)
    )
    assert (await parts.service.job(job_id)).state == "failed"
    woken = parts.dispatcher.woken
    job = await parts.service.retry(job_id)
    assert (job.state, job.attempt) == ("queued", 0)
    assert parts.dispatcher.woken == woken + 1


async def test_a_paused_queue_goes_on_accepting_and_says_that_it_is_paused(parts: Any) -> None:
    await parts.service.pause()
    await _submitted(parts)
    status = await parts.service.status()
    assert status.paused
    assert status.queue["queued"] == 1
    await parts.service.resume()
    assert not (await parts.service.status()).paused


async def test_status_names_every_state_and_what_runs(parts: Any) -> None:
    await _submitted(parts)
    _claim(parts)
    parts.clock.forward(-3_600)
    status = await parts.service.status()
    assert status.queue == {
        "queued": 0,
        "running": 1,
        "paused": 0,
        "done": 0,
        "failed": 0,
        "cancelled": 0,
        "dead": 0,
    }
    assert 0 <= status.daemon.uptime_s < 60, "a clock that is set does not change it"
    assert status.daemon.state == "serving"
    assert status.engines[0].pid == 4242


async def test_waiting_ends_with_the_job_and_not_before(parts: Any) -> None:
    job_id = await _submitted(parts)
    waiting = asyncio.create_task(parts.service.wait(job_id))
    claimed = _claim(parts)
    parts.bus.publish(JobChanged(job_id, "running"))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    parts.database.write_sync(lambda c: queue.cancel(c, job_id, now=parts.clock()))
    parts.database.write_sync(lambda c: queue.cancelled(c, job_id, claimed.attempt, now=parts.clock()))
    parts.bus.publish(JobChanged(job_id, "cancelled"))
    assert (await asyncio.wait_for(waiting, 10)).state == "cancelled"


async def test_waiting_gives_up_after_its_time_and_when_the_daemon_stops(parts: Any) -> None:
    job_id = await _submitted(parts)
    assert (await parts.service.wait(job_id, seconds=0.05)).state == "queued"
    waiting = asyncio.create_task(parts.service.wait(job_id))
    await asyncio.sleep(0.05)
    parts.bus.close()
    with pytest.raises(BusyError):
        await asyncio.wait_for(waiting, 10)


async def test_jobs_are_listed_by_state_and_an_unknown_state_is_refused(parts: Any) -> None:
    first, second = await _submitted(parts), await _submitted(parts)
    await parts.service.cancel(first)
    assert [job.id for job in await parts.service.jobs(state="queued")] == [second]
    assert [job.id for job in await parts.service.jobs(ids=[first])] == [first]
    assert [job.id for job in await parts.service.jobs(limit=1)] == [second]
    with pytest.raises(UserError):
        await parts.service.jobs(state="quued")
