"""What is left of a daemon that the watchdog ends."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon


@pytest.mark.slow
def test_a_daemon_that_is_aborted_writes_the_stacks_of_its_threads(tmp_path: Path) -> None:
    daemon = LiveDaemon(tmp_path / "state")
    daemon.cold = True  # the stacks of threads are written by a process as it really is, none that was forked
    daemon.start()
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGABRT)
    assert daemon.process.wait(10) == -signal.SIGABRT
    said = daemon.log.read_text()
    assert "Fatal Python error: Aborted" in said
    assert "most recent call first" in said
    assert said.count("Thread 0x") >= 2
