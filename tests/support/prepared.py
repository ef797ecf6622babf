"""Processes of the command that need not start an interpreter: they are forked from one that has imported everything.

Most of the time that a daemon takes to start is Python importing libraries. A kill, a signal or an exit status are
those of a process like any other, so that hundreds of starts need not pay for it. What proves the start itself, and all
long runs and figures, start the command as an operator does.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

LONGEST_MESSAGE = 2**17
SEEN_EARLY = ("PYTHON", "HOME", "LC_", "LANG", "LD_", "COLUMNS", "FORCE_COLOR")
"""Variables that are read while an interpreter starts or a library is imported: too early for these processes."""
STARTER_SECONDS = 300.0
"""It imports for two seconds; a very busy machine has been seen to need a hundred."""


def suits(environment: Mapping[str, str]) -> bool:
    """Whether nothing in it would have been seen by the imports."""
    names = {name for name in (*environment, *os.environ) if name.startswith(SEEN_EARLY)}
    return all(environment.get(name) == os.environ.get(name) for name in names)


def start(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stdout: IO[bytes],
    stderr: IO[bytes],
    *,
    script: str | None = None,
) -> Started:
    """``mezzotint ARGUMENTS`` with nothing on its standard input, or a script in place of the command."""
    return _starter().start([script or "mezzotint", *arguments], environment, (stdout.fileno(), stderr.fileno()))


class Started:
    """What :class:`subprocess.Popen` is to a child of ours."""

    def __init__(self, starter: _Starter, pid: int, args: Sequence[str]) -> None:
        self.pid = pid
        self.args = list(args)
        self.returncode: int | None = None
        self._starter = starter

    def poll(self) -> int | None:
        """Its exit status once it has ended; minus the signal that ended it."""
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; raises :class:`subprocess.TimeoutExpired` after so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self._ended(0.05)) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Nothing when it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """``kill -9``."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float) -> int | None:
        if self.returncode is None:
            self.returncode = self._starter.status_of(self.pid, seconds)
        return self.returncode


class _Starter:
    """The process that has imported everything, from outside."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = Path(__file__).with_name("prepared_starter.py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", script, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        self._lock = threading.Lock()
        self._asked = 0
        self._begun: dict[int, int] = {}
        self._statuses: dict[int, int] = {}
        atexit.register(self._close)

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], outputs: tuple[int, int]) -> Started:
        wanted = {"arguments": list(arguments), "environment": dict(environment), **_inherited()}
        with self._lock:
            self._asked += 1
            said = json.dumps({"number": self._asked, **wanted}).encode()
            self._ours.sendmsg([said], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", outputs).tobytes())])
            deadline = time.monotonic() + STARTER_SECONDS
            while self._asked not in self._begun:
                assert time.monotonic() < deadline, "the starter of processes does not answer"
                self._hear(0.5)
            return Started(self, self._begun.pop(self._asked), arguments)

    def status_of(self, pid: int, seconds: float) -> int | None:
        with self._lock:
            self._hear(0.0)
            if pid not in self._statuses:
                self._hear(seconds)
            return self._statuses.pop(pid, None)

    def _hear(self, seconds: float) -> None:
        while select.select([self._ours], [], [], seconds)[0]:
            said = self._ours.recv(LONGEST_MESSAGE)
            if not said:
                raise AssertionError("the starter of processes has ended")
            message = json.loads(said)
            if "status" in message:
                self._statuses[message["pid"]] = message["status"]
            elif message["number"] == self._asked:
                self._begun[message["number"]] = message["pid"]
                self._statuses.pop(message["pid"], None)  # of one before it with this id, for which nobody waited
            else:  # whoever asked for it has given up
                os.kill(message["pid"], signal.SIGKILL)
            seconds = 0.0

    def _close(self) -> None:
        self._ours.close()
        self._process.wait(10)


def _inherited() -> dict[str, Any]:
    """What a child of ours would have of us."""
    umask = os.umask(0o077)
    os.umask(umask)
    return {"directory": os.getcwd(), "umask": umask}


@functools.cache
def _starter() -> _Starter:
    return _Starter()
