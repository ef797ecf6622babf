"""One line about the daemon for the service manager: what it does, said when that changes, at most once a second."""

from __future__ import annotations

import asyncio
import time

import structlog

from config.errors import RetryableError
from daemon.events import Bus, Event, JobChanged, Subscription
from daemon.notify import Notifier
from daemon.service import EngineStatus, Service, Status

PAUSE_SECONDS = 1.0
LOOK_EVERY_SECONDS = 30.0
"""Said anew so often even if no job moved: an engine, a front end or the disk may be another by then."""

_log = structlog.get_logger(__name__)


async def tell(service: Service, bus: Bus, notifier: Notifier) -> None:
    """Until the bus closes; then waits to be cancelled."""
    done_at: float | None = None
    with bus.subscribe() as events:
        while True:
            await _say(service, notifier, done_at)
            seen = await _next(events)
            if seen is None:
                break
            if any(isinstance(event, JobChanged) and event.state == "done" for event in seen):
                done_at = time.monotonic()
    await asyncio.Event().wait()


async def _next(events: Subscription) -> list[Event] | None:
    """What happened until the line may be said anew; nothing after a while in which nothing did; None at the end."""
    try:
        async with asyncio.timeout(LOOK_EVERY_SECONDS):
            seen = [await anext(events)]
    except TimeoutError:
        return []
    except StopAsyncIteration:
        return None
    await asyncio.sleep(PAUSE_SECONDS)
    return [*seen, *events.take_waiting()]


async def _say(service: Service, notifier: Notifier, done_at: float | None) -> None:
    """The old line stands where a new one can't be had at the moment."""
    try:
        notifier.status(line_of(await service.status(), None if done_at is None else time.monotonic() - done_at))
    except RetryableError as error:
        _log.warning("status_line_kept", reason=error.message)


def line_of(status: Status, done_seconds_ago: float | None = None) -> str:
    """What it does, with which engines, how long ago it finished a job, the front ends, and what is degraded.

    No prompts, no user names. What is degraded comes first: the line is cut at the manager's bound.
    """
    parts = [_doing(status)]
    if status.degraded:
        parts.append(f"degraded: {', '.join(each.what for each in status.degraded)}")
    parts.append(", ".join(_engine(each) for each in status.engines))
    if done_seconds_ago is not None:
        parts.append(f"last done {_span(done_seconds_ago)} ago")
    parts.append(", ".join(f"{each.name} {each.state}" for each in status.front_ends))
    return "; ".join(part for part in parts if part)


def _doing(status: Status) -> str:
    running, queued = status.queue["running"], status.queue["queued"]
    if status.daemon.state == "stopping":
        return f"stopping, {running} running"
    if status.paused:
        return f"paused, {running} running, {queued} queued"
    if running:
        return f"drawing {running}, {queued} queued"
    return f"waiting, {queued} queued" if queued else "idle"


def _engine(engine: EngineStatus) -> str:
    if engine.state == "freed":
        return "models freed"
    return f"{engine.model or 'no model'} on {engine.device or engine.state}"


def _span(seconds: float) -> str:
    """In one unit, roughly: a line that says the same is not said again."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
