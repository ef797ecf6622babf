"""The whole daemon against a bare ``pipe()`` loop on the same machine, dtype and threads, in one run: ratios only."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from support.live_daemon import LiveDaemon
from support.queue_driver import new_job

from config.clock import now_ms
from pipeline import starter
from storage import queue
from storage.database import Database

pytestmark = [
    pytest.mark.bench,
    pytest.mark.engine,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers"),
]

JOBS = 16
STEPS = 18
ROUNDS = 3
PROMPT = "a red apple on a white background"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    live = LiveDaemon(
        tmp_path_factory.mktemp("bench") / "state",
        {"MEZZOTINT_ENGINE__KIND": "local", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"},
    )
    live.start()
    live.wait(live.submit(PROMPT, steps=2), live.submit(PROMPT, steps=2), seconds=120)
    yield live
    live.stop()


@pytest.fixture(scope="module")
def bare() -> Any:
    """A stock pipeline in this process, with the dtype that the engine chooses by itself."""
    torch = pytest.importorskip("torch")
    from diffusers import StableDiffusionPipeline

    from pipeline.engine import dtypes

    dtype = getattr(torch, dtypes.choose("auto", torch.device("cpu")).name)
    pipe = StableDiffusionPipeline.from_pretrained(starter.folder(), dtype=dtype, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)

    def draw(seed: int, steps: int = STEPS) -> None:
        generator = torch.Generator().manual_seed(seed)
        pipe(PROMPT, num_inference_steps=steps, guidance_scale=4.0, height=256, width=256, generator=generator)

    draw(0, 2)
    return draw


def moment(text: str) -> float:
    """Seconds of an ISO 8601 time."""
    return datetime.fromisoformat(text).timestamp()


def test_sixteen_jobs_go_through_as_fast_as_a_bare_loop(daemon: LiveDaemon, bare: Any, record_property: Any) -> None:
    """Submission of the first to the recorded end of the last, alternating with the bare loop."""
    ratios = []
    for turn in range(ROUNDS):
        began = time.monotonic()
        for seed in range(JOBS):
            bare(seed)
        alone = time.monotonic() - began
        began = time.time()
        ids = [daemon.submit(PROMPT, seed=turn * 100 + seed, steps=STEPS) for seed in range(JOBS)]
        jobs = daemon.wait(*ids, seconds=300)
        ratios.append(alone / (max(moment(job["finished_at"]) for job in jobs) - began))
    report(record_property, "throughput, daemon over bare loop", ratios)
    assert statistics.median(ratios) >= 0.95


def test_one_job_alone_takes_hardly_longer_than_a_bare_call(
    daemon: LiveDaemon, bare: Any, record_property: Any
) -> None:
    """``queued_at`` to ``finished_at`` of one warm job, alternating with a bare call."""
    ratios = []
    for turn in range(7):
        began = time.monotonic()
        bare(turn)
        alone = time.monotonic() - began
        [job] = daemon.wait(daemon.submit(PROMPT, seed=500 + turn, steps=STEPS), seconds=60)
        ratios.append((moment(job["finished_at"]) - moment(job["queued_at"])) / alone)
    report(record_property, "latency, one job over a bare call", ratios)
    assert statistics.median(ratios) <= 1.10


def test_status_answers_while_the_engine_draws(daemon: LiveDaemon, record_property: Any) -> None:
    """500 requests on one open connection while eight jobs are drawn."""
    ids = [daemon.submit(PROMPT, seed=900 + seed, steps=40) for seed in range(8)]
    took = []
    with daemon.connection() as connection:
        for _ in range(500):
            began = time.monotonic()
            assert connection.call("GET", "/v1/status")[0] == 200
            took.append(time.monotonic() - began)
            time.sleep(0.005)
    busy = daemon.status()["queue"]["running"] > 0
    daemon.wait(*ids, seconds=300)
    p99 = statistics.quantiles(took, n=100)[98]
    report(record_property, "status p99 in seconds", [p99])
    assert busy, "the jobs ended before the measurement did"
    assert p99 <= 0.05


def test_the_daemon_stays_small_and_is_up_at_once(tmp_path: Path, record_property: Any) -> None:
    """Seconds to the first accepted job (warm cache) and the resident memory after drawing."""
    live = LiveDaemon(tmp_path / "state", {"MEZZOTINT_ENGINE__KIND": "local"})
    live.start()
    live.stop()
    seconds = live.start()
    began = time.monotonic()
    job = live.submit(PROMPT)
    seconds += time.monotonic() - began
    live.wait(job, seconds=120)
    resident = int(
        next(line for line in Path(f"/proc/{live.pid}/status").read_text().splitlines() if "VmRSS" in line).split()[1]
    )
    live.stop()
    report(record_property, "seconds to the first accepted job", [seconds])
    report(record_property, "daemon resident MB", [resident / 1000])
    assert seconds <= 2.0
    assert resident <= 120_000


def test_submissions_from_eight_producers_are_committed_at_two_hundred_a_second(
    tmp_path: Path, record_property: Any
) -> None:
    """2,000 jobs over the socket at ``synchronous=FULL``; the queue is paused so that only intake is measured."""
    live = LiveDaemon(tmp_path / "state", {"MEZZOTINT_WATCH_FOLDER__ENABLED": "false"})
    live.start()
    live.call("POST", "/v1/queue/pause")

    def produce(number: int) -> None:
        with live.connection() as connection:
            for turn in range(250):
                assert connection.call("POST", "/v1/jobs", {"prompt": f"{number} {turn}"})[0] < 300

    producers = [threading.Thread(target=produce, args=(number,)) for number in range(8)]
    began = time.monotonic()
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.join()
    rate = 2000 / (time.monotonic() - began)
    queued = live.status()["queue"]["queued"]
    live.stop()
    report(record_property, "accepted a second", [rate])
    assert queued == 2000
    assert rate >= 200


def report(record_property: Any, name: str, values: list[float]) -> None:
    """Print a figure so that ``make bench`` shows it, and keep it in the report."""
    record_property(name, values)
    print(f"{name}: median {statistics.median(values):.3f} of {[round(value, 3) for value in values]}")


def test_a_cold_start_with_a_hundred_thousand_jobs(tmp_path: Path, record_property: Any) -> None:
    """Until it answers; the queue is held, so that nothing is drawn meanwhile."""
    live = LiveDaemon(
        tmp_path / "state", {"MEZZOTINT_ENGINE__KIND": "fake", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}
    )
    live.start()
    live.call("POST", "/v1/queue/pause")
    live.stop()
    database = Database.open(live.state_dir / "mezzotint.db")
    for _ in range(100):
        new = [new_job(owner=f"cli:{number % 100}", priority=number % 3) for number in range(1000)]
        database.write_sync(lambda c, new=new: queue.enqueue_many(c, new, now=now_ms()))  # type: ignore[misc]
    database.close()
    seconds = min(_start_and_stop(live) for _ in range(3))
    report(record_property, "cold start with 100,000 jobs in seconds", [seconds])
    assert seconds <= 2.0


def _start_and_stop(live: LiveDaemon) -> float:
    seconds = live.start()
    assert live.status()["queue"]["queued"] == 100_000
    live.stop()
    return seconds
