"""The whole daemon with its fake engine, real events, real time; killed at every arrow, stopped while files arrive."""

from __future__ import annotations

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon

ARROWS = [
    "order.after_row",
    "order.after_rename",
    "order.after_submit",
    "delivery.before",
    "delivery.after",
    "order.before_done",
    "order.after_done",
]
SETTINGS = """
[[watch_folder.folders]]
settle_seconds = 0.2
scan_seconds = 2
max_open_jobs = {open_jobs}
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    """Not started yet; stopped at the end."""
    live = make(tmp_path)
    yield live
    if live.process is not None and live.process.poll() is None:
        live.stop()


def make(tmp_path: Path, *, open_jobs: int = 200) -> LiveDaemon:
    state_dir = tmp_path / "state"
    (state_dir / "inbox").mkdir(parents=True)
    (state_dir / "config.toml").write_text(SETTINGS.format(open_jobs=open_jobs))
    return LiveDaemon(state_dir, {"MEZZOTINT_ENGINE__FAKE_STEP_S": "0.001"})


def is_done(daemon: LiveDaemon, name: str) -> bool:
    return any((daemon.state_dir / "done").glob(f"*/{name}"))


def outbox(daemon: LiveDaemon) -> list[str]:
    return sorted(path.name for path in (daemon.state_dir / "outbox").iterdir())


def test_a_dropped_file_is_drawn_and_delivered_as_recorded(daemon: LiveDaemon) -> None:
    daemon.start()
    (daemon.state_dir / "inbox" / "a.txt").write_text("a red apple\n\n# no\na green frog\n")
    daemon.until(lambda: is_done(daemon, "a.txt"), 30, "a.txt is done")
    jobs = {job["request"]["prompt"]: job for job in daemon.jobs()}
    assert jobs.keys() == {"a red apple", "a green frog"}
    assert {(job["owner"], job["lane"], job["state"]) for job in jobs.values()} == {("folder:inbox", "folder", "done")}
    assert outbox(daemon) == ["a-0001.png", "a-0001.png.json", "a-0004.png", "a-0004.png.json"]
    data = (daemon.state_dir / "outbox" / "a-0004.png").read_bytes()
    assert hashlib.sha256(data).hexdigest() == jobs["a green frog"]["pictures"][0]["sha256"]


def test_a_wrong_line_is_told_beside_the_file(daemon: LiveDaemon) -> None:
    daemon.start()
    (daemon.state_dir / "inbox" / "a.csv").write_text("prompt,steps,model\na cat,4,\na dog,0,\na cow,4,no-such-model\n")
    failed = daemon.state_dir / "failed"
    daemon.until(lambda: (failed / "a.csv").exists(), 30, "a.csv has failed")
    said = (failed / "a.csv.error.txt").read_text()
    assert "1 of 3 jobs were drawn" in said
    assert "line 3: steps" in said
    assert "no-such-model" in said
    assert outbox(daemon) == ["a-0002.png", "a-0002.png.json"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ARROWS)
def test_a_daemon_killed_at_any_arrow_makes_each_line_once(daemon: LiveDaemon, place: str) -> None:
    """1. It dies at the arrow. 2. It is started again. Result: one job, one picture a line, the file in done/."""
    daemon.environment["MEZZOTINT_FAILPOINT"] = place
    (daemon.state_dir / "inbox" / "a.txt").write_text("one\ntwo\n")
    with suppress(AssertionError):  # it may die before it answered
        daemon.start()
    process = daemon.process
    assert process is not None
    assert process.wait(30) == 137, "the failpoint was never reached"
    del daemon.environment["MEZZOTINT_FAILPOINT"]
    daemon.start()
    daemon.until(lambda: is_done(daemon, "a.txt"), 30, "a.txt is done")
    assert sorted(job["request"]["prompt"] for job in daemon.jobs()) == ["one", "two"]
    assert outbox(daemon) == ["a-0001.png", "a-0001.png.json", "a-0002.png", "a-0002.png.json"]
    left = [path for path in (daemon.state_dir / "inbox").rglob("*") if path.is_file()]
    assert left == []


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(300)]),
        pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(2400)]),
    ],
)
def test_files_that_arrive_while_the_process_is_stopped_are_each_taken_once(tmp_path: Path, files: int) -> None:
    """1. SIGSTOP. 2. Files arrive, more than the kernel tells of if 20,000. 3. SIGCONT. Result: one job each."""
    daemon = make(tmp_path, open_jobs=files)
    daemon.start()
    daemon.call("POST", "/v1/queue/pause")
    os.kill(daemon.pid, signal.SIGSTOP)
    for number in range(files):
        (daemon.state_dir / "inbox" / f"{number}.txt").write_text(f"prompt {number}")
    os.kill(daemon.pid, signal.SIGCONT)
    try:
        daemon.until(lambda: daemon.status()["queue"]["queued"] >= files, files / 10, "all are queued")
        prompts = Counter(job["request"]["prompt"] for job in daemon.jobs())
        assert prompts == Counter(f"prompt {number}" for number in range(files))
    finally:
        daemon.stop()
