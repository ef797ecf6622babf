"""The service manager's end of the notify socket: a real one, whose datagrams a test reads."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Manager:
    """What a daemon has said so far, each datagram once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def environment(self, watchdog_seconds: float | None = None) -> dict[str, str]:
        """What it gives to a service."""
        watched = {} if watchdog_seconds is None else {"WATCHDOG_USEC": str(int(watchdog_seconds * 1_000_000))}
        return {"NOTIFY_SOCKET": str(self.path), **watched}

    def until(self, wanted: Callable[[str], bool], what: str, seconds: float = 20.0) -> str:
        """The next datagram like that; those before it are kept in :attr:`heard`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                self.heard.append(self._socket.recv(8192).decode())
            except TimeoutError:
                break
            if wanted(self.heard[-1]):
                return self.heard[-1]
        raise AssertionError(f"not heard within {seconds} s: {what}\n{self.heard}")

    def collected(self, seconds: float) -> list[str]:
        """Everything that is said within so many seconds."""
        before, deadline = len(self.heard), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                self.heard.append(self._socket.recv(8192).decode())
            except TimeoutError:
                break
        return self.heard[before:]

    def close(self) -> None:
        self._socket.close()


@contextmanager
def manager(path: Path) -> Iterator[Manager]:
    """A manager that listens at this path."""
    listening = Manager(path)
    try:
        yield listening
    finally:
        listening.close()
