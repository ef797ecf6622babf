"""The engine: how fast it steps, how many it draws together, for which lane, and how often it dies."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from daemon.events import Published
from daemon.happenings import EngineChanged, EngineSpent, EngineWorked, Measure, ModelChanged
from daemon.metrics.weighted import WeightedHistogram
from storage.queue.job import LANES

STEP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BATCH_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
LOAD_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class EngineMetrics:
    """An engine speaks at most ten times a second: of faster forwards each counts as their mean in between."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._forwards = Counter(
            "mezzotint_engine_forwards", "Passes of a denoiser, each for one or more jobs.", registry=registry
        )
        self._steps = Counter("mezzotint_engine_steps", "Denoising steps of all jobs.", registry=registry)
        self._busy = Counter(
            "mezzotint_engine_busy_seconds", "Time in which the engine worked, loading included.", registry=registry
        )
        self._step_seconds = WeightedHistogram(
            "mezzotint_engine_step_seconds",
            "Time of a pass of a denoiser, with the encoding and decoding that goes with it.",
            buckets=STEP_BUCKETS,
            registry=registry,
        )
        self._batch = WeightedHistogram(
            "mezzotint_engine_batch_size", "Steps that a pass served.", buckets=BATCH_BUCKETS, registry=registry
        )
        self._lane_seconds = Counter(
            "mezzotint_engine_lane_seconds",
            "Engine-seconds charged to the jobs of a lane by their rows.",
            ("lane",),
            registry=registry,
        )
        self._starts = Counter("mezzotint_engine_starts", "Engines that came up.", registry=registry)
        self._deaths = Counter(
            "mezzotint_engine_deaths",
            "Engines that died or did not come up; another is started.",
            registry=registry,
        )
        self._loads = Histogram(
            "mezzotint_model_load_seconds", "Time to load a model.", buckets=LOAD_BUCKETS, registry=registry
        )
        self._loaded_seconds = 0.0
        for lane in LANES:
            self._lane_seconds.labels(lane)

    def hear(self, event: Published | Measure) -> None:
        """Listens to the bus."""
        if isinstance(event, EngineWorked):
            self._worked(event)
        elif isinstance(event, EngineSpent):
            self._lane_seconds.labels(event.lane).inc(event.seconds)
        elif isinstance(event, EngineChanged):
            if event.state == "ready":
                self._starts.inc()
            elif event.state == "gone":
                self._deaths.inc()
        elif isinstance(event, ModelChanged) and event.seconds is not None:
            self._loads.observe(event.seconds)
            self._loaded_seconds += event.seconds

    def _worked(self, event: EngineWorked) -> None:
        self._forwards.inc(event.forwards)
        self._steps.inc(event.steps)
        self._busy.inc(event.busy_seconds)
        if event.forwards <= 0:
            return
        drawing = max(0.0, event.busy_seconds - self._loaded_seconds)
        self._loaded_seconds = 0.0
        self._step_seconds.observe(drawing / event.forwards, event.forwards)
        self._batch.observe(event.steps / event.forwards, event.forwards)
