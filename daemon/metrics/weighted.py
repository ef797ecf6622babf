"""A histogram that takes many equal observations at once: the library's own takes them one by one, 20 µs each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class WeightedHistogram(Collector):
    """``buckets`` are the upper bounds, rising, each of them included; above the last there is one without a bound."""

    def __init__(self, name: str, documentation: str, *, buckets: Sequence[float], registry: CollectorRegistry) -> None:
        self._name = name
        self._documentation = documentation
        self._bounds = tuple(buckets)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0
        self._lock = Lock()
        registry.register(self)

    def observe(self, value: float, times: int = 1) -> None:
        """The value was seen so many times."""
        with self._lock:
            self._counts[bisect_left(self._bounds, value)] += times
            self._sum += value * times

    def describe(self) -> Iterable[Metric]:
        """Its name and words, without the counts."""
        yield HistogramMetricFamily(self._name, self._documentation)

    def collect(self) -> Iterator[Metric]:
        """The counts, each with all below it, as collectors want them."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        below, buckets = 0, list[tuple[str, float]]()
        for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
            below += count
            buckets.append((floatToGoString(bound), below))  # type: ignore[no-untyped-call]
        family = HistogramMetricFamily(self._name, self._documentation)
        family.add_metric((), buckets, total)
        yield family
