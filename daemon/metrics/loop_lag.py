"""How late the daemon's event loop is: whoever waits for it waits so much longer."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Histogram

EVERY_SECONDS = 1.0
BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class LoopLag:
    """Sleeps a second, and looks how long that took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Histogram(
            "mezzotint_event_loop_lag_seconds",
            "By how much the daemon's event loop was late, looked at every second.",
            buckets=BUCKETS,
            registry=registry,
        )

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            self._lag.observe(max(0.0, loop.time() - due))
