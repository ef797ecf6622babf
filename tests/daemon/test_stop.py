"""Signals, the end of the parent, and the hard deadline: on real processes."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio, sys
from daemon import logs
from daemon.stop import Stop
async def main():
    stop = Stop()
    with stop.on_signals(lambda: print("hung up", flush=True)), stop.on_end_of(0):
        print("up", flush=True)
        await stop.asked.wait()
        print("asked", flush=True)
        if "insist" in sys.argv:
            await stop.now.wait()
            print("now", flush=True)
logs.configure("error")
asyncio.run(main())
"""


def _program(*arguments: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    return child


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_and_the_process_ends_with_status_zero(number: int) -> None:
    with _program() as child:
        child.send_signal(number)
        assert child.communicate(timeout=20) == ("asked\n", None)
    assert child.returncode == 0


def test_a_second_signal_insists() -> None:
    with _program("insist") as child:
        child.send_signal(signal.SIGTERM)
        assert child.stdout is not None
        assert child.stdout.readline() == "asked\n"
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=20) == ("now\n", None)
    assert child.returncode == 0


def test_a_hangup_is_passed_on_and_stops_nothing() -> None:
    with _program() as child:
        child.send_signal(signal.SIGHUP)
        assert child.stdout is not None
        assert child.stdout.readline() == "hung up\n"
        child.send_signal(signal.SIGTERM)
        assert child.communicate(timeout=20) == ("asked\n", None)
    assert child.returncode == 0


def test_the_end_of_the_parents_pipe_asks() -> None:
    with _program() as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        assert child.wait(timeout=20) == 0
        assert child.stdout.read() == "asked\n"


@pytest.mark.parametrize("hang", ["time.sleep(60)", "threading.Thread(target=time.sleep, args=(60,)).start()"])
def test_a_stop_that_hangs_is_ended_at_its_deadline(hang: str) -> None:
    script = f"import threading, time\nfrom daemon.stop import end_within\nend_within(0.2)\n{hang}"
    done = subprocess.run([sys.executable, "-c", script], timeout=30, check=False, capture_output=True)
    assert done.returncode == 1


def test_a_stop_in_time_is_left_alone() -> None:
    script = "from daemon.stop import end_within\nend_within(60)"
    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode == 0
