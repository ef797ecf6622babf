"""The loop around any engine: take messages, step, report."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable

import msgspec

from config.failpoints import reach
from pipeline.engine.contract import Build, Engine, Send
from pipeline.messages import Drawn, Failed, Finished, Pulse, Stop, Stopped, ToDaemon, ToEngine

PULSE_SECONDS = 0.1
"""Pulses after forwards come at most this often: a small model makes 1,000 forwards a second."""
IDLE_PULSE_SECONDS = 1.0

Inbox = queue.SimpleQueue[list[ToEngine]]
"""Messages that came in one piece stay together, so that jobs sent together meet in the first forward."""


def run(build: Build, inbox: Inbox, send: Send, clock: Callable[[], float] = time.monotonic) -> None:
    """Build the engine and serve until :class:`Stop`. Everything happens on the calling thread.

    An exception of the engine passes through: the caller tells the daemon and ends the process.
    """
    report = _Report(send, clock)
    engine = build(report)
    report.attach(engine)
    send(engine.ready())
    busy = False
    while _drain(engine, inbox, report, wait=not busy):
        began = clock()
        was_busy, busy = busy, engine.step()
        report.worked(clock() - began)
        if busy or was_busy:
            report.pulse(at_once=not busy)


def _drain(engine: Engine, inbox: Inbox, report: _Report, *, wait: bool) -> bool:
    """Hand every waiting message to the engine; when there is no work, wait for one. False after :class:`Stop`."""
    while True:
        try:
            messages = inbox.get(timeout=IDLE_PULSE_SECONDS) if wait else inbox.get_nowait()
        except queue.Empty:
            if not wait:
                return True
            report.pulse(at_once=True)
            continue
        for message in messages:
            if isinstance(message, Stop):
                return False
            engine.accept(message)
        wait = False


class _Report:
    """What the engine is given as ``send``: keeps the counters ahead of the ends they include."""

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        self._send = send
        self._clock = clock
        self._engine: Engine | None = None
        self._last: Pulse | None = None
        self._sent_at = float("-inf")
        self._busy_seconds = 0.0

    def worked(self, seconds: float) -> None:
        """A step took so long."""
        self._busy_seconds += seconds

    def attach(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, message: ToDaemon) -> None:
        if isinstance(message, Drawn):
            reach("engine.before_drawn")
            self._send(message)
            reach("engine.after_drawn")
            return
        if isinstance(message, Finished | Failed | Stopped):
            self._count_first()
        self._send(message)

    def pulse(self, *, at_once: bool = False) -> None:
        """Tell what is going on, if the last time was long enough ago."""
        if self._engine is not None and (at_once or self._clock() - self._sent_at >= PULSE_SECONDS):
            self._tell(self._engine.pulse())

    def _count_first(self) -> None:
        """Whoever sees a job ended must find its steps counted; many jobs ending at one forward need one pulse only."""
        if self._engine is None:
            return
        now = self._engine.pulse()
        if self._last is None or (now.forwards, now.steps) != (self._last.forwards, self._last.steps):
            self._tell(now)

    def _tell(self, pulse: Pulse) -> None:
        self._last = pulse
        self._sent_at = self._clock()
        self._send(msgspec.structs.replace(pulse, busy_seconds=round(self._busy_seconds, 6)))
