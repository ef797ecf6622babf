"""What subscribers of the bus see, also the slow ones."""

from __future__ import annotations

import asyncio

from daemon.events import Bus, Event, JobChanged, JobProgress, Missed, Subscription


async def _drain(events: Subscription) -> list[Event]:
    events.close()
    return [event async for event in events]


async def test_a_subscriber_of_one_job_sees_that_job_only() -> None:
    bus = Bus()
    with bus.subscribe("a") as mine, bus.subscribe() as everything:
        bus.publish(JobChanged("a", "running"))
        bus.publish(JobChanged("b", "running"))
        assert await _drain(mine) == [JobChanged("a", "running")]
        assert await _drain(everything) == [JobChanged("a", "running"), JobChanged("b", "running")]


async def test_a_newer_progress_replaces_the_older_one_and_comes_after_what_happened_between() -> None:
    bus = Bus()
    with bus.subscribe() as events:
        bus.publish(JobProgress("a", 1, 8))
        bus.publish(JobChanged("b", "done"))
        bus.publish(JobProgress("a", 2, 8))
        assert await _drain(events) == [JobChanged("b", "done"), JobProgress("a", 2, 8)]


async def test_a_subscriber_that_falls_behind_is_told_how_much_it_missed() -> None:
    bus = Bus(max_waiting=3)
    with bus.subscribe() as events:
        for number in range(10):
            bus.publish(JobChanged(f"job{number}", "queued"))
        seen = await _drain(events)
    missed = sum(event.events for event in seen if isinstance(event, Missed))
    changes = [event for event in seen if isinstance(event, JobChanged)]
    assert isinstance(seen[0], Missed)
    assert missed + len(changes) == 10
    assert changes[-1:] == [JobChanged("job9", "queued")] or missed == 10


async def test_progress_of_many_jobs_never_pushes_a_change_out_silently() -> None:
    bus = Bus(max_waiting=50)
    with bus.subscribe() as events:
        bus.publish(JobChanged("a", "done"))
        for number in range(200):
            bus.publish(JobProgress(f"job{number}", 1, 2))
        seen = await _drain(events)
    assert JobChanged("a", "done") in seen or isinstance(seen[0], Missed)
    assert len(seen) <= 50


async def test_a_waiting_subscriber_wakes_up_for_an_event_and_ends_when_the_bus_closes() -> None:
    bus = Bus()
    seen: list[Event] = []

    async def listen() -> None:
        with bus.subscribe("a") as events:
            async for event in events:
                seen.append(event)

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    bus.publish(JobChanged("a", "done", order_id="o"))
    bus.close()
    await asyncio.wait_for(listener, 5)
    assert seen == [JobChanged("a", "done", "o")]


async def test_after_the_bus_has_closed_a_new_subscription_ends_at_once() -> None:
    bus = Bus()
    bus.close()
    with bus.subscribe() as events:
        assert [event async for event in events] == []


async def test_a_subscription_that_was_left_takes_nothing_any_more() -> None:
    bus = Bus()
    with bus.subscribe("a") as events:
        pass
    bus.publish(JobChanged("a", "done"))
    assert [event async for event in events] == []
