"""Jobs: how many came, how long they waited, how they ended."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from daemon.events import JobChanged, Published
from daemon.happenings import Measure, SubmissionRefused
from storage.queue.job import LANES, TERMINAL

WAIT_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
DRAWING_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
NONE = "none"
ENDS = (("done", NONE), ("cancelled", NONE), ("failed", "user"), ("failed", "fatal"), ("dead", "retryable"))
BACK = ("failed", "engine_death", "released", "retried")


class JobMetrics:
    """Every way to end has its series from the start, so that the first failure already is an increase."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._accepted = Counter(
            "mezzotint_jobs_accepted", "Jobs that were accepted, by lane.", ("lane",), registry=registry
        )
        self._refused = Counter(
            "mezzotint_submissions_refused",
            "Submissions that were not accepted: user (wrong), retryable (no room), quota, fatal.",
            ("kind",),
            registry=registry,
        )
        self._ended = Counter(
            "mezzotint_jobs_ended",
            "Jobs that ended, by how, lane and kind of failure (none for those that did not fail).",
            ("state", "lane", "kind"),
            registry=registry,
        )
        self._requeued = Counter(
            "mezzotint_jobs_requeued",
            "Jobs that went back to the queue: failed (tried again), engine_death, released, retried (by somebody).",
            ("lane", "why"),
            registry=registry,
        )
        self._wait = Histogram(
            "mezzotint_job_wait_seconds",
            "Time from the acceptance of a job to its first start.",
            ("lane",),
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._drawing = Histogram(
            "mezzotint_job_drawing_seconds",
            "Time from the start to the end of the attempt that ended a job as done.",
            ("lane",),
            buckets=DRAWING_BUCKETS,
            registry=registry,
        )
        self._pictures = Counter("mezzotint_pictures", "Pictures that were recorded.", registry=registry)
        self._bytes = Counter("mezzotint_picture_bytes", "Bytes of the pictures that were recorded.", registry=registry)
        self._begin()

    def _begin(self) -> None:
        for kind in ("user", "retryable", "quota", "fatal"):
            self._refused.labels(kind)
        for lane in LANES:
            for counted in (self._accepted, self._wait, self._drawing):
                counted.labels(lane)
            for state, kind in ENDS:
                self._ended.labels(state, lane, kind)
            for why in BACK:
                self._requeued.labels(lane, why)

    def hear(self, event: Published | Measure) -> None:
        """Listens to the bus."""
        if isinstance(event, SubmissionRefused):
            self._refused.labels(event.kind).inc(event.count)
        elif isinstance(event, JobChanged) and event.lane is not None and event.was != event.state:
            self._moved(event, event.lane)

    def _moved(self, event: JobChanged, lane: str) -> None:
        if event.state == "queued" and event.was is None:
            self._accepted.labels(lane).inc()
        elif event.state == "queued" and event.why is not None:
            self._requeued.labels(lane, event.why).inc()
        elif event.state in TERMINAL:
            kind = event.error_kind if event.state in ("failed", "dead") else None
            self._ended.labels(event.state, lane, kind or NONE).inc()
        if event.waited_seconds is not None:
            self._wait.labels(lane).observe(event.waited_seconds)
        if event.state == "done" and event.drawing_seconds is not None:
            self._drawing.labels(lane).observe(event.drawing_seconds)
        self._pictures.inc(event.pictures)
        self._bytes.inc(event.picture_bytes)
