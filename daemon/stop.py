"""When and how hard to stop: the first signal asks, the second insists."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

FLUSH_SECONDS = 5.0
"""What the outbox may take at the end."""
MARGIN_SECONDS = 15.0
"""From the end of the grace time, and of the outbox's, to the hard deadline."""
SERVICE_SECONDS = 180.0
"""``TimeoutStopSec`` of the unit: what is left of the service by then is killed."""
ASKING = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger(__name__)


class Stop:
    """``asked``: finish what runs within the grace time and end. ``now``: end without waiting for anything."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.now = asyncio.Event()

    def ask(self, why: str) -> None:
        """The first call asks, any further one insists."""
        log.info("stop_requested", why=why, again=self.asked.is_set())
        (self.now if self.asked.is_set() else self.asked).set()

    @contextmanager
    def on_signals(self, hung_up: Callable[[], None]) -> Iterator[None]:
        """SIGTERM and SIGINT ask; SIGHUP calls ``hung_up``."""
        loop = asyncio.get_running_loop()
        for number in ASKING:
            loop.add_signal_handler(number, self.ask, signal.Signals(number).name)
        loop.add_signal_handler(signal.SIGHUP, hung_up)
        try:
            yield
        finally:
            for number in (*ASKING, signal.SIGHUP):
                loop.remove_signal_handler(number)

    @contextmanager
    def on_end_of(self, descriptor: int) -> Iterator[None]:
        """Ask when the other end of this pipe is closed: whoever started us is gone."""
        loop = asyncio.get_running_loop()

        def readable() -> None:
            if not os.read(descriptor, 4096):
                loop.remove_reader(descriptor)
                self.ask("parent_gone")

        try:
            loop.add_reader(descriptor, readable)
        except PermissionError:  # a regular file can't be waited for: there is no parent to lose
            log.warning("parent_not_watched", descriptor=descriptor)
            yield
            return
        try:
            yield
        finally:
            loop.remove_reader(descriptor)


def end_within(seconds: float) -> None:
    """End the process with status 1 after so long, even when the event loop is stuck.

    It is armed before anything else at stop and lies below the service manager's own deadline, so that it is us who
    end it. Nothing disarms it: threads that hang may hold the process up after everything else has ended.
    """
    timer = threading.Timer(seconds, _give_up, (seconds,))
    timer.daemon = True
    timer.start()


def _give_up(seconds: float) -> None:
    log.error("stop_took_too_long", seconds=seconds)
    os._exit(1)
