"""Deliveries: tries, by source and outcome."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from daemon.events import Published
from daemon.happenings import DeliveryTried, Measure
from daemon.metrics.few import Few


class DeliveryMetrics:
    """What waits is read when it is asked for (see :mod:`.gauges`)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tried = Counter(
            "mezzotint_deliveries",
            "Tries to bring a result to where its job came from: made, postponed (tried again) or given_up.",
            ("source", "outcome"),
            registry=registry,
        )
        self._source = Few()

    def hear(self, event: Published | Measure) -> None:
        """Listens to the bus."""
        if isinstance(event, DeliveryTried):
            self._tried.labels(self._source(event.source), event.outcome).inc()
