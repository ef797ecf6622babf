"""One line about the daemon for the service manager, said when it changes, at most once a second."""

from __future__ import annotations

import asyncio

import structlog

from config.errors import RetryableError
from daemon.events import Bus
from daemon.notify import Notifier
from daemon.service import Service, Status

PAUSE_SECONDS = 1.0

_log = structlog.get_logger()


async def tell(service: Service, bus: Bus, notifier: Notifier) -> None:
    """Until the bus closes; then waits to be cancelled."""
    with bus.subscribe() as events:
        await _say(service, notifier)
        async for _ in events:
            await asyncio.sleep(PAUSE_SECONDS)
            events.clear()
            await _say(service, notifier)
    await asyncio.Event().wait()


async def _say(service: Service, notifier: Notifier) -> None:
    """The old line stands where a new one can't be had at the moment."""
    try:
        notifier.status(line_of(await service.status()))
    except RetryableError as error:
        _log.warning("status_line_kept", reason=error.message)


def line_of(status: Status) -> str:
    """Engines, queue, front ends, and how many parts are degraded: no prompts, no user names."""
    engines = ", ".join(f"{each.model or 'no model'} on {each.device or each.state}" for each in status.engines)
    queue = f"{status.queue['running']} running / {status.queue['queued']} queued"
    front_ends = ", ".join(f"{each.name} {each.state}" for each in status.front_ends)
    degraded = f"; degraded: {', '.join(each.what for each in status.degraded)}" if status.degraded else ""
    return f"{engines or 'no engine'}; {queue}{' (paused)' if status.paused else ''}; {front_ends}{degraded}"
