"""Everything that is counted, in one registry of its own, and its text."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Awaitable, Callable, Iterator

import structlog
from prometheus_client import CollectorRegistry, Info, Metric, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from config.version import VERSION
from daemon.events import Bus
from daemon.metrics.deliveries import DeliveryMetrics
from daemon.metrics.engine import EngineMetrics
from daemon.metrics.figures import Figures
from daemon.metrics.gauges import Gauges
from daemon.metrics.jobs import JobMetrics
from daemon.service.exposition import Exposition
from storage.database import sqlite_version

PARTS = (JobMetrics, EngineMetrics, DeliveryMetrics)
"""What counts the events of the bus: each is built with the registry and has ``hear``."""
PATIENCE_SECONDS = 5.0
"""A disk that does not answer by then is left out of the text: what was counted is known without it."""

log = structlog.get_logger(__name__)


class Metrics:
    """Listens to the bus from now on. All methods belong to the event loop's thread."""

    def __init__(self, bus: Bus, look: Callable[[], Awaitable[Figures]]) -> None:
        self.registry = CollectorRegistry()
        self._look = look
        self._looking: asyncio.Task[None] | None = None
        self._looks = 0
        self._gauges = Gauges()
        Info("mezzotint_build", "What this is.", registry=self.registry).info(
            {"version": VERSION, "python": platform.python_version(), "sqlite": ".".join(map(str, sqlite_version()))}
        )
        for part in PARTS:
            bus.listen(part(self.registry).hear)
        self.registry.register(self._gauges)
        ProcessCollector(namespace="mezzotint", registry=self.registry)

    async def expose(self, accept: str = "") -> Exposition:
        """The text in the format that fits an ``Accept`` header: OpenMetrics when it is named, else the plain one."""
        await self._refresh()
        encode, content_type = choose_encoder(accept)
        source = self.registry if content_type.startswith("application/openmetrics") else _Plain(self.registry)
        # 20 ms of work, which the event loop need not wait for; every value has its lock.
        return Exposition(content_type, await asyncio.to_thread(encode, source))

    async def _refresh(self) -> None:
        """Look, with everybody who asks meanwhile: a disk that hangs holds one look only. What was begun before is no
        answer: whoever asks finds what was so when he asked."""
        wanted = self._looks + 1
        while self._looking is None or self._looks < wanted:
            if self._looking is None or self._looking.done():
                self._looks += 1
                self._looking = asyncio.create_task(self._look_once(), name="metrics-look")
            done, _ = await asyncio.wait({self._looking}, timeout=PATIENCE_SECONDS)
            if not done:
                self._gauges.figures = None
                return

    async def _look_once(self) -> None:
        try:
            self._gauges.figures = await self._look()
        except Exception as error:  # boundary: whatever can't be looked at, what was counted is told
            self._gauges.figures = None
            log.warning("metrics_incomplete", reason=str(error))


class _Plain(Collector):
    """Without the moments of creation: only OpenMetrics has a place for them, elsewhere they double the series."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric
