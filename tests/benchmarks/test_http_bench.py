"""What the way through the socket costs: ratios against the same work without it, in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon
from support.producers import produce

from config.clock import now_ms
from pipeline.request import Defaults, Request, settle
from storage import queue
from storage.database import Database
from storage.queue.job import NewJob, Origin

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

JOBS = 1_000
PRODUCERS = 8


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(
        tmp_path / "state", {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.01", "MEZZOTINT_WATCH_FOLDER__ENABLED": "false"}
    )
    live.start()
    yield live
    live.stop()


def raw_per_second(path: Path) -> float:
    """Enqueues a second of eight threads through the group commit of one writer, with nothing in front of it."""
    database = Database.open(path)
    request = settle(Request(prompt="x", width=64, height=64, steps=1, seed=1), "starter", Defaults())

    def one(first: int) -> None:
        for number in range(first, JOBS, PRODUCERS):
            new = NewJob(request=request, lane="interactive", owner="cli:0", origin=Origin("cli", {}), key=str(number))
            database.write_sync(lambda connection, new=new: queue.enqueue(connection, new, now=now_ms()))

    began = time.monotonic()
    with ThreadPoolExecutor(PRODUCERS) as pool:
        list(pool.map(one, range(PRODUCERS)))
    seconds = time.monotonic() - began
    database.close()
    return JOBS / seconds


def test_submissions_over_the_socket_against_the_bare_group_commit(daemon: LiveDaemon, tmp_path: Path) -> None:
    daemon.call("POST", "/v1/queue/pause")
    raw = raw_per_second(tmp_path / "bare" / "mezzotint.db")
    produced = produce(daemon, JOBS, PRODUCERS)
    ratio = produced.per_second / raw
    print(f"\naccepted over the socket {produced.per_second:.0f}/s, bare group commit {raw:.0f}/s, ratio {ratio:.2f}")
    assert ratio > 0.1


def test_status_while_the_engine_draws_against_status_while_it_rests(daemon: LiveDaemon) -> None:
    def milliseconds(calls: int = 500) -> list[float]:
        taken = []
        with daemon.connection() as connection:
            for _ in range(calls):
                began = time.perf_counter()
                assert connection.call("GET", "/v1/status")[0] == 200
                taken.append((time.perf_counter() - began) * 1000)
        return sorted(taken)

    resting = milliseconds()
    ids = [daemon.submit(f"number {number}", steps=150, width=64, height=64) for number in range(16)]
    drawing = milliseconds()
    assert daemon.status()["queue"]["running"], "it was still drawing"
    for job in ids:
        daemon.call("POST", f"/v1/jobs/{job}/cancel")
    p99 = drawing[int(len(drawing) * 0.99) - 1]
    ratio = statistics.median(drawing) / statistics.median(resting)
    print(f"\nstatus while drawing: median ratio {ratio:.2f}, p99 {p99:.1f} ms")
    assert p99 <= 50
