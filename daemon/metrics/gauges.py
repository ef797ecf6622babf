"""What is as it is now: queue, engine, outbox, disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from daemon.metrics.few import Few
from daemon.metrics.figures import Figures

ENGINE_STATES = ("starting", "ready", "loading", "waiting", "freed", "stopped")


class Gauges(Collector):
    """The last look, as series; none while there was no look, so that nothing old passes for the present."""

    def __init__(self) -> None:
        self.figures: Figures | None = None
        self._source = Few()

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: a registry would have to look."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The series."""
        if (figures := self.figures) is None:
            return
        yield from _queue(figures)
        yield from _engine(figures)
        yield from self._outbox(figures)
        yield from _disk(figures)

    def _outbox(self, figures: Figures) -> Iterator[Metric]:
        waiting: dict[str, float] = {}
        for source, count in figures.deliveries_waiting.items():
            waiting[self._source(source)] = waiting.get(self._source(source), 0) + count
        yield _by("mezzotint_deliveries_waiting", "Results on their way, by source.", "source", waiting)
        given_up = figures.status.deliveries.given_up
        yield _one("mezzotint_deliveries_undelivered", "Results whose delivery was given up.", given_up)


def _queue(figures: Figures) -> Iterator[Metric]:
    status = figures.status
    yield _by("mezzotint_jobs", "Jobs that are remembered, by state.", "state", status.queue)
    depth = GaugeMetricFamily("mezzotint_queue_jobs", "Jobs of a lane that wait or run.", labels=("lane", "state"))
    for lane in status.lanes:
        depth.add_metric((lane.name, "queued"), lane.queued)
        depth.add_metric((lane.name, "running"), lane.running)
    yield depth
    oldest = {lane.name: lane.oldest_seconds or 0.0 for lane in status.lanes}
    yield _by("mezzotint_queue_oldest_seconds", "Wait of the job that was accepted first.", "lane", oldest)
    shares = {lane.name: lane.share or 0.0 for lane in status.lanes}
    words = "Part (0 to 1) of the engine-seconds of the last hour, since the start."
    yield _by("mezzotint_engine_lane_share", words, "lane", shares)
    yield _one("mezzotint_queue_paused", "1 while no job is started.", status.paused)
    yield _one("mezzotint_degraded_parts", "Parts of the daemon that are degraded.", len(status.degraded))
    yield _one("mezzotint_uptime_seconds", "Time since the start of the daemon.", status.daemon.uptime_s)


def _engine(figures: Figures) -> Iterator[Metric]:
    engines = figures.status.engines
    states = {state: sum(engine.state == state for engine in engines) for state in ENGINE_STATES}
    yield _by("mezzotint_engine_state", "Engines in each state.", "state", states)
    jobs = {"active": sum(each.active for each in engines), "parked": sum(each.parked for each in engines)}
    yield _by("mezzotint_engine_jobs", "Jobs in the hands of the engine.", "place", jobs)
    yield _one("mezzotint_engine_busy_ratio", "Part of the last ten seconds it worked.", figures.status.pace.busy)


def _disk(figures: Figures) -> Iterator[Metric]:
    for name, words, size in (
        ("mezzotint_database_bytes", "Size of the database.", figures.database_bytes),
        ("mezzotint_database_log_bytes", "Size of its write-ahead log.", figures.log_bytes),
        ("mezzotint_free_bytes", "Free space where the state directory or its pictures lie.", figures.free_bytes),
    ):
        if size is not None:
            yield _one(name, words, size)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=(label,))
    for value, count in values.items():
        family.add_metric((value,), float(count))
    return family
