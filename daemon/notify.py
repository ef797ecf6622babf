"""Tell the service manager how we are: one datagram to ``$NOTIFY_SOCKET`` each, nothing when there is none.

The protocol is ``sd_notify(3)``; a leading ``@`` names an abstract socket.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping

MAX_STATUS_CHARACTERS = 200
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Notifier:
    """Takes the variables out of the environment, so that no child speaks for the daemon."""

    def __init__(self, environ: MutableMapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        taken = {name: environ.pop(name, "") for name in VARIABLES}
        address = taken["NOTIFY_SOCKET"]
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._last_status = ""
        self.watchdog_seconds = _watchdog_seconds(taken["WATCHDOG_USEC"], taken["WATCHDOG_PID"])
        """The manager ends us after so long without :meth:`alive`; None when it does not watch this process."""

    @property
    def wanted(self) -> bool:
        """Someone listens."""
        return bool(self._address)

    def ready(self) -> None:
        """The daemon accepts work."""
        self._send("READY=1")

    def alive(self) -> None:
        """Everything that must move does."""
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Settings are being read anew; :meth:`ready` ends that."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, within_seconds: float) -> None:
        """The daemon ends, within so many seconds."""
        self._send("STOPPING=1", f"EXTEND_TIMEOUT_USEC={int(within_seconds * 1_000_000)}")

    def starting(self, within_seconds: float) -> None:
        """Start-up goes on (a migration, a recovery) and may take so many seconds more."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(within_seconds * 1_000_000)}")

    def status(self, text: str) -> None:
        """One line about the state; sent when it changed."""
        line = " ".join(text.split())[:MAX_STATUS_CHARACTERS]
        if line != self._last_status:
            self._last_status = line
            self._send(f"STATUS={line}")

    def _send(self, *assignments: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)
                channel.sendto("\n".join(assignments).encode(), self._address)
        except OSError:
            pass  # the manager has gone or is not reading: nothing of ours depends on it


def _watchdog_seconds(microseconds: str, pid: str) -> float | None:
    """Without a pid the word is for whoever has the variable."""
    ours = pid in ("", str(os.getpid()))
    return int(microseconds) / 1_000_000 if ours and microseconds.isdigit() and int(microseconds) else None
