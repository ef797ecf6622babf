"""What each event counts as, and that no stranger can add series."""

from __future__ import annotations

import re
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from config.errors import RetryableError
from daemon.events import Bus, JobChanged
from daemon.happenings import DeliveryTried, EngineChanged, EngineSpent, EngineWorked, ModelChanged, SubmissionRefused
from daemon.metrics import Metrics
from daemon.metrics.few import MOST
from daemon.metrics.figures import Figures
from daemon.metrics.weighted import WeightedHistogram
from daemon.service import DaemonStatus, DeliveryStatus, EngineStatus, LaneStatus, Status

from .conftest import Scrape

STATUS = Status(
    daemon=DaemonStatus(pid=1, uptime_s=2.0, version="0", state="serving"),
    engines=(EngineStatus(1, "cpu", "starter", 2, 1, 10, 20, "ready"),),
    queue={"queued": 3, "running": 2, "done": 5},
    paused=True,
    front_ends=(),
    deliveries=DeliveryStatus(waiting=4, given_up=1),
    lanes=(LaneStatus("interactive", 3, 2, 7.5, 9.0, 0.75),),
)


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def metrics(bus: Bus) -> Metrics:
    async def look() -> Figures:
        return Figures(STATUS, {"folder": 4}, 4096, 8192, 1 << 30)

    return Metrics(bus, look)


async def scrape(metrics: Metrics) -> Scrape:
    return Scrape((await metrics.expose()).text.decode())


def change(state: str, was: str | None, **more: Any) -> JobChanged:
    return JobChanged("j", state, was=was, lane=more.pop("lane", "folder"), owner="cli:1", **more)


async def test_the_life_of_a_job_counts_once_each(bus: Bus, metrics: Metrics) -> None:
    bus.publish(change("queued", None))
    bus.publish(change("running", "queued", waited_seconds=0.3))
    bus.publish(change("queued", "running", why="failed", error_kind="retryable"))
    bus.publish(change("running", "queued"))
    bus.publish(change("done", "running", drawing_seconds=2.0, engine_seconds=1.5, pictures=2, picture_bytes=300))
    bus.measure(EngineSpent("folder", 1.5))
    bus.publish(change("done", "done"))
    seen = await scrape(metrics)
    assert seen.value("mezzotint_jobs_accepted_total", lane="folder") == 1
    assert seen.value("mezzotint_job_wait_seconds_count", lane="folder") == 1
    assert seen.value("mezzotint_job_wait_seconds_sum", lane="folder") == 0.3
    assert seen.value("mezzotint_jobs_requeued_total", lane="folder", why="failed") == 1
    assert seen.value("mezzotint_jobs_ended_total", lane="folder", state="done", kind="none") == 1
    assert seen.sum("mezzotint_jobs_ended_total") == 1
    assert seen.value("mezzotint_job_drawing_seconds_sum", lane="folder") == 2.0
    assert seen.value("mezzotint_engine_lane_seconds_total", lane="folder") == 1.5
    assert seen.value("mezzotint_pictures_total") == 2
    assert seen.value("mezzotint_picture_bytes_total") == 300


async def test_failures_are_told_apart_by_kind(bus: Bus, metrics: Metrics) -> None:
    bus.publish(change("failed", "running", error_kind="user"))
    bus.publish(change("dead", "running", error_kind="retryable"))
    bus.publish(change("cancelled", "running", error_kind="retryable"))
    bus.publish(SubmissionRefused("user", "http", "width"))
    bus.publish(SubmissionRefused("retryable", "folder", count=200))
    seen = await scrape(metrics)
    assert seen.value("mezzotint_jobs_ended_total", lane="folder", state="failed", kind="user") == 1
    assert seen.value("mezzotint_jobs_ended_total", lane="folder", state="dead", kind="retryable") == 1
    assert seen.value("mezzotint_jobs_ended_total", lane="folder", state="cancelled", kind="none") == 1
    assert seen.value("mezzotint_submissions_refused_total", kind="user") == 1
    assert seen.value("mezzotint_submissions_refused_total", kind="retryable") == 200


async def test_a_forward_for_four_counts_as_a_batch_of_four_and_loading_is_no_step(bus: Bus, metrics: Metrics) -> None:
    bus.publish(EngineChanged("ready", "cpu"))
    bus.publish(ModelChanged("starter", "loading"))
    bus.publish(ModelChanged("starter", "loaded", 3.0))
    bus.measure(EngineWorked(forwards=2, steps=8, busy_seconds=3.5, active=4, parked=0))
    bus.publish(EngineChanged("gone", why="killed"))
    seen = await scrape(metrics)
    assert seen.value("mezzotint_engine_forwards_total") == 2
    assert seen.value("mezzotint_engine_steps_total") == 8
    assert seen.value("mezzotint_engine_busy_seconds_total") == 3.5
    assert seen.value("mezzotint_engine_batch_size_count") == 2
    assert seen.value("mezzotint_engine_batch_size_sum") == 8
    assert seen.value("mezzotint_engine_step_seconds_sum") == pytest.approx(0.5)
    assert seen.value("mezzotint_model_load_seconds_sum") == 3.0
    assert seen.value("mezzotint_engine_starts_total") == 1
    assert seen.value("mezzotint_engine_deaths_total") == 1


async def test_the_present_is_shown_as_it_is(metrics: Metrics) -> None:
    seen = await scrape(metrics)
    assert seen.value("mezzotint_queue_jobs", lane="interactive", state="queued") == 3
    assert seen.value("mezzotint_queue_jobs", lane="interactive", state="running") == 2
    assert seen.value("mezzotint_queue_oldest_seconds", lane="interactive") == 7.5
    assert seen.value("mezzotint_engine_lane_share", lane="interactive") == 0.75
    assert seen.value("mezzotint_engine_state", state="ready") == 1
    assert seen.sum("mezzotint_engine_state") == 1
    assert seen.value("mezzotint_deliveries_waiting", source="folder") == 4
    assert seen.value("mezzotint_database_bytes") == 4096
    assert seen.value("mezzotint_queue_paused") == 1


async def test_what_can_not_be_looked_at_is_left_out_and_what_was_counted_stays(bus: Bus) -> None:
    async def look() -> Figures:
        raise RetryableError("the disk is gone")

    metrics = Metrics(bus, look)
    bus.publish(change("queued", None))
    seen = await scrape(metrics)
    assert seen.value("mezzotint_jobs_accepted_total", lane="folder") == 1
    assert "mezzotint_queue_jobs" not in seen.families


async def test_no_stranger_can_add_series(bus: Bus, metrics: Metrics) -> None:
    """Owners, ids, prompts and models make none; what outsiders may name is kept to few."""

    def everything(number: int) -> None:
        lane, owner = "interactive", f"http:stranger-{number}"
        for state, was in (("queued", None), ("running", "queued"), ("done", "running")):
            bus.publish(JobChanged(f"job{number}", state, was=was, lane=lane, owner=owner))
        bus.publish(ModelChanged(f"model-{number}", "loaded", 1.0))
        bus.publish(SubmissionRefused("user", f"source{number}", f"field{number}"))

    everything(0)
    before = len((await scrape(metrics)).samples)
    for number in range(1, 300):
        everything(number)
    assert len((await scrape(metrics)).samples) == before
    for number in range(300):
        bus.publish(DeliveryTried(f"job{number}", f"source{number}", "made"))
    seen = await scrape(metrics)
    sources = {each.labels["source"] for each in seen.samples if each.name == "mezzotint_deliveries_total"}
    assert len(sources) == MOST + 1
    assert seen.value("mezzotint_deliveries_total", source="other", outcome="made") == 300 - MOST
    told = (await metrics.expose()).text.decode()
    assert "stranger" not in told
    assert "model-" not in told


async def test_names_and_help_are_as_collectors_want_them(bus: Bus, metrics: Metrics) -> None:
    """What the linter of Prometheus looks for: a prefix, base units, _total of counters alone, help for everything."""
    bus.publish(DeliveryTried("j", "folder", "made"))
    for family in (await scrape(metrics)).families.values():
        assert re.fullmatch(r"mezzotint_[a-z][a-z0-9_]*", family.name), family.name
        assert family.documentation.endswith("."), family.name
        assert not re.search(r"(milliseconds|minutes|hours|kilobytes|megabytes|percent)", family.name)
        assert not re.search(r"_(counter|gauge|histogram)$", family.name)
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        for sample in family.samples:
            assert sample.name.removeprefix(family.name) in (*suffixes, "_info"), sample
            assert set(sample.labels) <= {
                "lane", "state", "kind", "why", "source", "outcome", "place", "le", "version", "python", "sqlite",
            }  # fmt: skip


async def test_openmetrics_is_spoken_when_it_is_asked_for(metrics: Metrics) -> None:
    told = await metrics.expose("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    assert told.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert told.text.endswith(b"# EOF\n")
    names = {family.name for family in parse_openmetrics(told.text.decode())}
    assert "mezzotint_jobs_ended" in names
    assert (await metrics.expose("*/*")).content_type.startswith("text/plain; version=0.0.4")


async def test_a_part_that_breaks_stops_nobody(bus: Bus, metrics: Metrics) -> None:
    def broken(event: object) -> None:
        raise RuntimeError("a defect")

    late = Bus()
    late.listen(broken)
    heard: list[object] = []
    late.listen(heard.append)
    late.publish(change("queued", None))
    assert heard == [JobChanged("j", "queued")]


def test_many_equal_observations_count_as_the_library_counts_them_one_by_one() -> None:
    bounds, seen = (0.5, 1.0, 2.0), ((0.5, 3), (0.7, 1), (2.0, 2), (9.0, 4))
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    weighted = WeightedHistogram("x_seconds", "Words.", buckets=bounds, registry=ours)
    plain = Histogram("x_seconds", "Words.", buckets=bounds, registry=theirs)
    for value, times in seen:
        weighted.observe(value, times)
        for _ in range(times):
            plain.observe(value)

    def told(registry: CollectorRegistry) -> set[tuple[str, str, float]]:
        samples = [sample for family in registry.collect() for sample in family.samples]
        return {
            (each.name, str(each.labels), round(each.value, 9))
            for each in samples
            if not each.name.endswith("_created")
        }

    assert sorted(told(ours)) == sorted(told(theirs))
