"""The real daemon over its real socket: what happened is what is counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.processes import usage

from .conftest import Scrape

pytestmark = pytest.mark.slow

MOST_IDLE_LOAD = 0.02
"""Of a core. Measured: 0.004; the bound is twice what is promised, for machines that are busy with something else."""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(
        tmp_path / "state",
        {
            "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005",
            "MEZZOTINT_QUEUE__RETRY_SECONDS": "0.01",
            "MEZZOTINT_METRICS__TEXTFILE": str(tmp_path / "mezzotint.prom"),
            "MEZZOTINT_METRICS__EVERY_SECONDS": "5",
        },
    )
    live.start()
    yield live
    live.stop()


def scrape(live: LiveDaemon) -> Scrape:
    with live.connection() as connection:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return Scrape(answer.read().decode())


def test_the_figures_move_by_exactly_what_happened(live: LiveDaemon) -> None:
    """
    1. Ten jobs are drawn, two fail, one is cancelled while it is drawn, one kills its engine the first time, one is
    refused. 2. The counters are these numbers, by state, lane and kind; nothing waits; the file says the same.
    """
    size = {"width": 64, "height": 64}
    done = [live.submit(f"cat {number}", steps=4, lane="folder", **size) for number in range(7)]
    done += [live.submit(f"dog {number}", steps=4, count=2, **size) for number in range(2)]
    live.wait(*done)
    failed = [live.submit("[fail-user]", steps=4, **size), live.submit("[fatal]", steps=4, lane="background", **size)]
    live.wait(*failed)
    unwanted = live.submit("unwanted [slow]", steps=100, **size)
    live.until(lambda: live.job(unwanted)["state"] == "running", 20, "it runs")
    live.call("POST", f"/v1/jobs/{unwanted}/cancel")
    live.wait(unwanted)
    crash = live.submit("[crash-once]", steps=4, **size)
    live.wait(crash)
    with live.connection() as connection:
        assert connection.call("POST", "/v1/jobs", {"prompt": "x", "steps": 0})[0] == 400

    seen = scrape(live)
    ended = "mezzotint_jobs_ended_total"
    assert seen.value(ended, state="done", lane="folder", kind="none") == 7
    assert seen.value(ended, state="done", lane="interactive", kind="none") == 3
    assert seen.value(ended, state="failed", lane="interactive", kind="user") == 1
    assert seen.value(ended, state="failed", lane="background", kind="fatal") == 1
    assert seen.value(ended, state="cancelled", lane="interactive", kind="none") == 1
    assert seen.sum(ended) == 13
    assert seen.sum("mezzotint_jobs_accepted_total") == 13
    assert seen.sum("mezzotint_job_wait_seconds_count") == 13
    assert seen.sum("mezzotint_jobs_requeued_total") == 1
    assert seen.value("mezzotint_jobs_requeued_total", lane="interactive", why="engine_death") == 1
    assert seen.value("mezzotint_engine_deaths_total") == 1
    assert seen.value("mezzotint_engine_starts_total") == 2
    assert seen.value("mezzotint_pictures_total") == 7 + 2 * 2 + 1
    assert seen.sum("mezzotint_queue_jobs") == 0
    assert seen.value("mezzotint_jobs", state="done") == 10
    assert seen.value("mezzotint_engine_steps_total") >= 7 * 4 + 2 * 8 + 4
    assert seen.sum("mezzotint_engine_lane_seconds_total") > 0
    assert seen.value("mezzotint_picture_bytes_total") == sum(
        picture["bytes"] for job in live.jobs(state="done") for picture in job["pictures"]
    )

    path = Path(live.environment["MEZZOTINT_METRICS__TEXTFILE"])

    def written() -> bool:
        return Scrape(path.read_text()).sum(ended) == 13

    live.until(written, 20, "the file says the same")


def test_openmetrics_is_answered_to_who_accepts_it(live: LiveDaemon) -> None:
    with live.connection() as connection:
        connection.request("GET", "/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
        answer = connection.getresponse()
        assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        assert answer.read().endswith(b"# EOF\n")


def test_what_waits_shows_by_lane_and_status_tells_the_same(live: LiveDaemon) -> None:
    live.call("POST", "/v1/queue/pause")
    for _ in range(3):
        live.submit("later", lane="scheduled")
    live.submit("soon")
    seen = scrape(live)
    assert seen.value("mezzotint_queue_jobs", lane="scheduled", state="queued") == 3
    assert seen.value("mezzotint_queue_jobs", lane="interactive", state="queued") == 1
    assert seen.value("mezzotint_queue_paused") == 1
    lanes = {lane["name"]: lane for lane in live.status()["lanes"]}
    assert (lanes["scheduled"]["queued"], lanes["interactive"]["queued"], lanes["folder"]["queued"]) == (3, 1, 0)
    assert lanes["scheduled"]["oldest_seconds"] >= 0
    assert lanes["folder"]["oldest_seconds"] is None


def test_an_idle_daemon_that_counts_costs_next_to_nothing(live: LiveDaemon) -> None:
    """Measured as time on the processor, which a busy machine does not make longer."""
    live.wait(live.submit("warm", steps=2))
    time.sleep(2)
    before, began = usage(live.pid).cpu_seconds, time.monotonic()
    time.sleep(11)
    load = (usage(live.pid).cpu_seconds - before) / (time.monotonic() - began)
    print(f"idle with a text file every five seconds: {load:.2%} of a core")
    assert load < MOST_IDLE_LOAD
