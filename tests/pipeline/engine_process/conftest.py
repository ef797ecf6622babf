"""An engine process at the other end of a socket, spoken to without the daemon's own code."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

import pytest

from config.settings import EngineSettings
from pipeline import frames
from pipeline.messages import Ready, ToDaemon, ToEngine

M = TypeVar("M")


class Peer:
    """A spawned engine and the daemon's end of its socket."""

    def __init__(
        self,
        settings: EngineSettings,
        extra_environment: dict[str, str] | None = None,
        *,
        ready_seconds: float = 20.0,
    ) -> None:
        self.socket, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "pipeline.engine", "--fd", str(theirs.fileno())),
                *("--parent", str(os.getpid()), "--settings", settings.model_dump_json()),
            ],
            pass_fds=(theirs.fileno(),),
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **(extra_environment or {})},
        )
        theirs.close()
        self.decoder = frames.for_daemon()
        self.heard: list[ToDaemon] = []
        self.until(Ready, seconds=ready_seconds)

    def send(self, *messages: ToEngine) -> None:
        self.socket.sendall(b"".join(frames.encode(message) for message in messages))

    def until(self, kind: type[M], job: str | None = None, seconds: float = 20.0) -> M:
        """The first message of that kind (about that job) that is heard from now on."""
        deadline = time.monotonic() + seconds
        while True:
            new = self._hear(deadline)
            for message in new:
                if isinstance(message, kind) and (job is None or getattr(message, "job", None) == job):
                    return message

    def _hear(self, deadline: float) -> Sequence[ToDaemon]:
        readable, _, _ = select.select([self.socket], [], [], max(0.0, deadline - time.monotonic()))
        assert readable, f"nothing more was said after {self.heard}"
        data = self.socket.recv(1 << 20)
        assert data, f"the engine ended after {self.heard}"
        new = self.decoder.feed(data)
        self.heard += new
        return new

    def close(self) -> None:
        self.socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def fake_engine() -> Iterator[Peer]:
    peer = Peer(EngineSettings(kind="fake", fake_step_s=0.01))
    yield peer
    peer.close()
