"""One daemon per state directory."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.errors import AlreadyRunningError, FatalError
from daemon import lock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run" / "daemon.lock"


def test_a_second_holder_is_refused_and_told_who_has_it(path: Path) -> None:
    with lock.held(path):
        with pytest.raises(AlreadyRunningError, match=rf"pid {os.getpid()}"), lock.held(path):
            pass
        assert lock.owner(path) == os.getpid()
    assert lock.owner(path) is None


def test_nobody_owns_a_lock_file_that_is_not_there(tmp_path: Path) -> None:
    assert lock.owner(tmp_path / "none" / "run" / "daemon.lock") is None


def test_a_process_that_was_killed_holds_nothing(path: Path) -> None:
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


def test_a_disk_that_fails_for_a_moment_is_not_another_directory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, sizes = path.parent.parent, path.parent.parent.stat()

    def failing(_: Path) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "stat", failing)
    assert lock._is_there(home, sizes)
    monkeypatch.undo()
    assert not lock._is_there(home / "none", sizes)


def test_the_lock_is_not_inherited_by_children(path: Path) -> None:
    with lock.held(path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        deadline = time.monotonic() + 10  # the kernel closes a child's files a moment after it lets the parent go on
        while lock.owner(path) is not None:
            assert time.monotonic() < deadline
        assert child.poll() is None
    finally:
        child.communicate(b"\n")


def test_whoever_only_looks_does_not_keep_a_daemon_from_starting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _directory(path) as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        monkeypatch.setattr(lock.time, "sleep", lambda seconds: fcntl.flock(looking, fcntl.LOCK_UN))
        with lock.held(path):
            assert lock.owner(path) == os.getpid()


@contextlib.contextmanager
def _directory(path: Path) -> Iterator[int]:
    descriptor = os.open(path.parent.parent, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("lost", ["the file", "its directory"])
def test_a_lock_file_that_somebody_deletes_lets_nobody_in(path: Path, lost: str) -> None:
    with lock.held(path):
        path.unlink()
        if lost == "its directory":
            path.parent.rmdir()
        with pytest.raises(AlreadyRunningError, match="pid is unknown"), lock.held(path):
            pass
        assert lock.owner(path) == 0


def test_a_lock_file_that_a_dead_daemon_left_keeps_nobody_out(path: Path) -> None:
    """Whatever it says: a pid that another process has by now, nonsense, or nothing."""
    for left in (f"{os.getppid()}\n".encode(), b"\xff\xfe nonsense", b""):
        path.write_bytes(left)
        assert lock.owner(path) is None
        with lock.held(path):
            assert lock.owner(path) == os.getpid()


async def test_a_deleted_lock_file_is_written_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LOOK_EVERY_SECONDS", 0.01)
    with lock.held(path):
        keeping = asyncio.create_task(lock.keep(path))
        await asyncio.sleep(0.1)
        path.unlink()
        async with asyncio.timeout(10):
            while not path.exists():
                await asyncio.sleep(0.01)
        assert lock.owner(path) == os.getpid()
        keeping.cancel()


async def test_a_state_directory_that_is_replaced_under_the_daemon_ends_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LOOK_EVERY_SECONDS", 0.01)
    home = path.parent.parent
    with lock.held(path):
        keeping = asyncio.create_task(lock.keep(path))
        await asyncio.sleep(0.1)
        home.rename(home.with_name("elsewhere"))
        home.mkdir()
        with pytest.raises(FatalError, match="moved, replaced or deleted"):
            await asyncio.wait_for(keeping, 10)
