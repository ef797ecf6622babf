"""The disk is full, of too few files, or read-only: nothing is lost, everybody is told, and it goes on by itself."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.invariants import problems
from support.live_daemon import LiveDaemon

pytestmark = pytest.mark.slow

Small = Callable[..., Path]
Start = Callable[..., LiveDaemon]

ROOT_ONLY = "needs root: a small file system is mounted"
SOON = 10.0
"""Seconds within which the daemon goes on once there is space again."""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """``small("size=1m")``: a file system of that size."""
    mounted: list[Path] = []

    def mount(options: str, name: str = "small") -> Path:
        if os.getuid() != 0:
            pytest.skip(ROOT_ONLY)
        place = tmp_path / name
        place.mkdir(parents=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", place], check=False)


@pytest.fixture
def daemon() -> Iterator[Callable[..., LiveDaemon]]:
    made: list[LiveDaemon] = []

    def make(state_dir: Path, **environment: str) -> LiveDaemon:
        usual = {
            "MEZZOTINT_ENGINE__FAKE_STEP_S": "0.005",
            "MEZZOTINT_WATCH_FOLDER__ENABLED": "false",
            "MEZZOTINT_STORAGE__MIN_FREE_BYTES": "0",
        }
        made.append(LiveDaemon(state_dir, {**usual, **environment}))
        return made[-1]

    yield make
    for live in made:
        if live.process is not None and live.process.poll() is None:
            live.kill()


def _fill(directory: Path) -> Path:
    """Take all the space there is."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def _begin(live: LiveDaemon) -> None:
    """Start it, and wait until it says that it has to wait."""
    with pytest.raises(AssertionError, match="not within"):
        live.start(0.1)
    live.until(lambda: b"start_postponed" in live.log.read_bytes(), 30, "it says that it waits")


def _degraded(live: LiveDaemon) -> dict[str, str]:
    return {each["what"]: f"{each['why']} / {each['heals']}" for each in live.status()["degraded"]}


def test_pictures_wait_for_space_and_come_within_seconds_of_it(small: Small, daemon: Start, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    pictures = small("size=512k", "state/pictures")
    pictures.chmod(0o700)
    filler = _fill(pictures)
    live = daemon(state)
    live.start()
    taken = [live.submit(f"job {number}", steps=2, width=64, height=64) for number in range(4)]
    live.until(lambda: "results" in _degraded(live), 20, "status says so")
    assert "nothing is lost" in _degraded(live)["results"]
    assert "done" not in [live.job(job)["state"] for job in taken]
    assert not list(pictures.rglob("*.png"))
    filler.unlink()
    assert {job["state"] for job in live.wait(*taken, seconds=SOON)} == {"done"}
    assert "results" not in _degraded(live)
    live.stop()
    assert problems(state, taken, max_attempts=1) == []


def test_a_full_state_directory_refuses_with_a_reason_and_takes_again(small: Small, daemon: Start) -> None:
    state = small("size=8m") / "state"
    live = daemon(state)
    live.start()
    taken = [live.submit("before", steps=2, width=64, height=64)]
    live.wait(*taken)
    filler = _fill(state.parent)
    refused = None
    deadline = time.monotonic() + 30
    while refused is None and time.monotonic() < deadline:
        with live.connection() as connection:
            status, answer = connection.call("POST", "/v1/jobs", {"prompt": "x" * 1500, "steps": 1, "width": 64})
        if status < 400:
            taken.append(answer["id"])
        else:
            refused = (status, answer["error"])
    assert refused is not None
    assert refused[0] == 503
    assert "database" in refused[1]["message"]
    assert live.command_line("submit", "y" * 1500).returncode == 75
    filler.unlink()
    assert {job["state"] for job in live.wait(*taken, seconds=60)} == {"done"}
    taken.append(live.submit("after", steps=2, width=64, height=64))
    assert live.wait(taken[-1], seconds=SOON)[0]["state"] == "done"
    live.stop()
    known = set(taken)
    with contextlib.closing(sqlite3.connect(state / "mezzotint.db")) as connection:
        known |= {job for (job,) in connection.execute("SELECT id FROM jobs")}
    assert problems(state, known, max_attempts=3) == []


def test_a_daemon_that_starts_on_a_full_disk_waits_and_comes_up_by_itself(small: Small, daemon: Start) -> None:
    disk = small("size=4m")
    filler = _fill(disk)
    live = daemon(disk / "state")
    live.log = disk.with_name("state.log")
    _begin(live)
    assert live.process is not None
    assert live.process.poll() is None, "it waits"
    filler.unlink()
    live.until(live._answers, SOON, "it has come up")
    job = live.submit("a cat", steps=2, width=64, height=64)
    assert live.wait(job)[0]["state"] == "done"
    assert live.stop() == 0


def test_a_daemon_that_waits_for_its_disk_stops_when_it_is_asked_to(small: Small, daemon: Start) -> None:
    disk = small("size=4m")
    _fill(disk)
    live = daemon(disk / "state")
    live.log = disk.with_name("state.log")
    _begin(live)
    assert live.stop(10) == 0


def test_a_log_that_takes_nothing_stops_nothing(daemon: Start, tmp_path: Path) -> None:
    live = daemon(tmp_path / "state")
    live.log = Path("/dev/full")
    live.start()
    job = live.submit("a cat", steps=2, width=64, height=64)
    assert live.wait(job)[0]["state"] == "done"
    assert live.stop() == 0


def test_files_that_may_not_grow_make_jobs_wait(daemon: Start, tmp_path: Path) -> None:
    """A limit on the size of files, as a quota would be: first none may grow, then they may."""
    live = daemon(tmp_path / "state")
    live.start()
    resource.prlimit(live.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    with live.connection() as connection:
        status, answer = connection.call("POST", "/v1/jobs", {"prompt": "refused", "steps": 1})
    assert (status, answer["error"]["kind"]) == (503, "retryable")
    resource.prlimit(live.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    job = live.submit("a cat", steps=2, width=64, height=64)
    assert live.wait(job, seconds=SOON)[0]["state"] == "done"
    assert live.stop() == 0
    assert problems(live.state_dir, [job], max_attempts=1) == []


def test_a_database_that_another_process_holds_for_seconds_is_waited_for(daemon: Start, tmp_path: Path) -> None:
    live = daemon(tmp_path / "state")
    live.start()
    with contextlib.closing(
        sqlite3.connect(live.state_dir / "mezzotint.db", isolation_level=None, check_same_thread=False)
    ) as other:
        import threading

        other.execute("BEGIN IMMEDIATE")
        threading.Timer(4, other.execute, ("ROLLBACK",)).start()
        began = time.monotonic()
        job = live.submit("waits", steps=1, width=64, height=64)
        assert time.monotonic() - began > 3
    assert live.wait(job)[0]["state"] == "done"
    assert live.stop() == 0


def _mounted(how: str, place: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", place], check=True)


def _use_up_files(directory: Path) -> list[Path]:
    """As many empty files as fit."""
    made: list[Path] = []
    with contextlib.suppress(OSError):
        for number in range(1000):
            made.append(directory / f"empty {number}")
            made[-1].touch(exist_ok=False)
    return made


def _waits_and_goes_on(live: LiveDaemon, mend: Callable[[], object], *words: str) -> str:
    """A job is drawn, its picture can't be kept and status says why; then that is mended. The job."""
    job = live.submit("a cat", steps=2, width=64, height=64)
    live.until(lambda: "results" in _degraded(live), 20, "status says so")
    said = _degraded(live)["results"]
    assert all(word in said for word in ("nothing is lost", *words)), said
    assert live.job(job)["state"] == "running"
    mend()
    assert live.wait(job, seconds=SOON)[0]["state"] == "done"
    live.until(lambda: not _degraded(live), SOON, "nothing is degraded any more")
    return job


def test_pictures_on_a_file_system_of_their_own_wait_for_it_whatever_it_lacks(
    small: Small, daemon: Start, tmp_path: Path
) -> None:
    """It is read-only, then takes no more files, then is full; the state directory has all that it needs."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    pictures = small("size=2m,nr_inodes=200", "state/pictures")
    pictures.chmod(0o700)
    live = daemon(state, MEZZOTINT_STORAGE__MIN_FREE_BYTES="65536")
    live.start()

    _mounted("ro", pictures)
    taken = [
        _waits_and_goes_on(live, lambda: _mounted("rw", pictures), "Read-only file system", "mount it for writing")
    ]

    files = _use_up_files(pictures)
    taken.append(_waits_and_goes_on(live, lambda: [path.unlink(missing_ok=True) for path in files], "df -i"))

    filler = _fill(pictures)
    live.until(lambda: "disk" in _degraded(live), SOON, "status says so")
    assert "its pictures" in _degraded(live)["disk"]
    with live.connection() as connection:
        status, answer = connection.call("POST", "/v1/jobs", {"prompt": "refused", "steps": 1})
    assert (status, answer["error"]["kind"]) == (503, "retryable")
    assert "free some space" in answer["error"]["hint"]
    filler.unlink()
    live.until(lambda: not _degraded(live), SOON, "it takes orders again")
    taken.append(live.submit("after", steps=2, width=64, height=64))
    live.wait(taken[-1])
    assert live.stop() == 0
    assert problems(state, taken, max_attempts=1) == []
