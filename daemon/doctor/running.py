"""The daemon that runs here, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from config.errors import MezzotintError
from config.settings import Settings
from daemon import lock
from daemon.doctor.finding import Finding

Ask = Callable[[], Any]
"""The answer of ``GET /v1/status``; raises :class:`MezzotintError` when there is none."""


def check_daemon(settings: Settings) -> Iterator[Finding]:
    """Does one run?"""
    pid = lock.owner(settings.lock_file)
    none = "no daemon runs for this state directory"
    yield Finding("daemon", "ok", none if pid is None else f"a daemon runs (pid {pid or 'unknown'})")


def check_status(settings: Settings, ask: Ask) -> Iterator[Finding]:
    """Everything that the daemon calls degraded, as ``mezzotint status`` tells it."""
    if not settings.control_socket.exists():
        return
    try:
        status = ask()
    except MezzotintError as error:
        # Asked only now: an operator may use the socket and need not see the state directory.
        if lock.owner(settings.lock_file) is None:
            return
        detail = f"the daemon did not answer: {error.message}"
        yield Finding("status", "fail", detail, error.hint or "look at its log: journalctl -u mezzotint -n 50")
        return
    for each in status["degraded"]:
        yield Finding(f"status: {each['what']}", "warn", f"{each['why']} (since {each['since']})", each["heals"])
    given_up = status["deliveries"]["given_up"]
    if given_up:
        yield Finding("status: deliveries", "warn", f"{given_up} given up", "mezzotint jobs; mezzotint retry ID")
    if not status["degraded"] and not given_up:
        yield Finding("status", "ok", f"{status['daemon']['state']}, nothing degraded")
