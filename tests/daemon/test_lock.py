"""One daemon per state directory."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.errors import AlreadyRunningError
from daemon import lock


def test_a_second_holder_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "run" / "daemon.lock"
    path.parent.mkdir()
    with lock.held(path):
        with pytest.raises(AlreadyRunningError, match=rf"pid {os.getpid()}"), lock.held(path):
            pass
        assert lock.owner(path) == os.getpid()
    assert lock.owner(path) is None


def test_nobody_owns_a_lock_file_that_is_not_there(tmp_path: Path) -> None:
    assert lock.owner(tmp_path / "none") is None


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "daemon.lock"
    script = (
        f"import time; from pathlib import Path; from daemon import lock\n"
        f"with lock.held(Path({str(path)!r})): print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert lock.owner(path) == child.pid
        child.kill()
    with lock.held(path):
        assert lock.owner(path) == os.getpid()


def test_the_lock_is_not_inherited_by_children(tmp_path: Path) -> None:
    path = tmp_path / "daemon.lock"
    with lock.held(path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        deadline = time.monotonic() + 10  # the kernel closes a child's files a moment after it lets the parent go on
        while lock.owner(path) is not None:
            assert time.monotonic() < deadline
        assert child.poll() is None
    finally:
        child.communicate(b"\n")


def test_whoever_only_looks_does_not_keep_a_daemon_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "daemon.lock"
    with path.open("w") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        monkeypatch.setattr(lock.time, "sleep", lambda seconds: fcntl.flock(looking, fcntl.LOCK_UN))
        with lock.held(path):
            assert lock.owner(path) == os.getpid()
