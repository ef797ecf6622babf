"""Thousands of jobs through the real daemon, with clients that come and go: nothing grows."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import TERMINAL, LiveDaemon
from support.processes import engines_of, usage

MOST_GROWTH_MIB = 50.0
MOST_WAL_MIB = 64.0


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(
        tmp_path / "state",
        {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001", "MEZZOTINT_QUEUE__RETRY_SECONDS": "0.01"},
    )
    live.start()
    live.until(lambda: bool(engines_of(live.pid)), 20, "there is an engine")
    yield live
    live.stop()


class Traffic:
    """Waves of jobs, folder drops, cancels, and readers of events who leave in the middle."""

    def __init__(self, daemon: LiveDaemon, seed: int) -> None:
        self._daemon = daemon
        self._chance = random.Random(seed)
        self._dropped = self._submitted = 0
        self.acknowledged: list[str] = []

    def wave(self, jobs: int) -> None:
        """So many jobs, until all have ended."""
        readers = [self._reader() for _ in range(self._chance.randint(1, 4))]
        with self._daemon.connection() as connection:
            fresh = []
            for number in range(jobs):
                word = self._chance.choice(("",) * 30 + ("[fail-once]", "[fail-user]", "[tight]"))
                fields = {"prompt": f"{number} {word}", "steps": self._chance.randint(1, 8), "width": 64, "height": 64}
                fresh.append(str(connection.call("POST", "/v1/jobs", fields)[1]["id"]))
                if self._chance.random() < 0.05:
                    connection.call("POST", f"/v1/jobs/{self._chance.choice(fresh)}/cancel")
        self._drop(3)
        for reader in readers:
            reader.close()
        self._submitted += jobs
        self._daemon.wait(*fresh, seconds=300)

    def _reader(self) -> socket.socket:
        reader = socket.socket(socket.AF_UNIX)
        reader.connect(str(self._daemon.socket))
        reader.sendall(b"GET /v1/events?previews=true HTTP/1.1\r\nhost: x\r\n\r\n")
        return reader

    def _drop(self, files: int) -> None:
        for _ in range(files):
            self._dropped += 1
            (self._daemon.state_dir / "inbox" / f"{self._dropped}.txt").write_text(f"a thing {self._dropped}")

    def nothing_left(self) -> bool:
        """The queue is empty, and every dropped file was taken."""
        queue = self._daemon.status()["queue"]
        return sum(queue.values()) == self._submitted + self._dropped and not queue["queued"] + queue["running"]

    def all_ended(self) -> bool:
        """Also those that were dropped: each file is a job once it has settled."""
        jobs = self._daemon.jobs()
        self.acknowledged = [job["id"] for job in jobs]
        return len(jobs) == self._submitted + self._dropped and all(job["state"] in TERMINAL for job in jobs)


def soak(daemon: LiveDaemon, *, waves: int, jobs: int, warm_up: int) -> None:
    traffic = Traffic(daemon, 3)
    (engine,) = engines_of(daemon.pid)
    for _ in range(warm_up):
        traffic.wave(jobs)
    time.sleep(1)
    before, before_engine = usage(daemon.pid), usage(engine)
    for _ in range(waves):
        traffic.wave(jobs)
    daemon.until(traffic.nothing_left, 120, "nothing is left to be drawn")
    time.sleep(2)
    now, now_engine = usage(daemon.pid), usage(engine)  # before the list of all jobs, which is large
    daemon.until(traffic.all_ended, 120, "all have ended")
    wal = (daemon.state_dir / "mezzotint.db-wal").stat().st_size / 2**20
    print(f"{len(traffic.acknowledged)} jobs: daemon {before} -> {now}; engine {before_engine} -> {now_engine}; {wal=}")
    assert now.resident_mib - before.resident_mib < MOST_GROWTH_MIB
    assert now_engine.resident_mib - before_engine.resident_mib < MOST_GROWTH_MIB
    assert abs(now.descriptors - before.descriptors) <= 5
    assert now.threads <= before.threads + 4, "pools of threads may still fill up"
    assert wal <= MOST_WAL_MIB
    assert daemon.status()["degraded"] == []
    daemon.stop()
    assert problems(daemon.state_dir, traffic.acknowledged, max_attempts=3) == []


@pytest.mark.slow
def test_some_hundred_jobs_leave_the_daemon_as_it_was(daemon: LiveDaemon) -> None:
    soak(daemon, waves=2, jobs=60, warm_up=2)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_thousand_jobs_leave_the_daemon_as_it_was(daemon: LiveDaemon) -> None:
    soak(daemon, waves=22, jobs=200, warm_up=3)
