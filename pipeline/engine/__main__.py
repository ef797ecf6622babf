"""Entry of the engine process: ``python -P -m pipeline.engine --fd N --settings JSON --parent PID``.

The main thread builds the engine and is the only one that ever computes: a second thread that has once run torch
slows a CPU engine by a third. The reader and the writer thread only move bytes. The process ends with its daemon:
by the parent-death signal, and, where there is none, at the end of the pipe, in the middle of a forward if need be.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import queue
import signal
import socket
import sys
import threading

from config.settings import EngineSettings
from pipeline import frames
from pipeline.engine import environment, log, loop
from pipeline.engine.contract import Engine, Send
from pipeline.messages import Dying, Message, Ready, ToDaemon

CPU_NICENESS = 5
"""The daemon must answer while every core draws."""
UNSENT_MESSAGES = 256
"""The engine waits when the daemon is this far behind."""
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str] | None = None) -> None:
    """Serve the daemon until it says stop or is gone. Never returns."""
    options = _options(arguments)
    _die_with(options.parent)
    _leave_signals_to_the_daemon()
    settings = EngineSettings.model_validate_json(options.settings)
    stream = socket.socket(fileno=options.fd)
    inbox: loop.Inbox = queue.SimpleQueue()
    outbox: queue.Queue[Message | None] = queue.Queue(UNSENT_MESSAGES)
    threading.Thread(target=_read, args=(stream, inbox), name="reader", daemon=True).start()
    writer = threading.Thread(target=_write, args=(stream, outbox), name="writer", daemon=True)
    writer.start()
    status = _serve(settings, inbox, outbox.put)
    outbox.put(None)
    writer.join()
    os._exit(status)  # no interpreter shutdown: a thread of a driver may hang there, and nothing is left to be saved


def _serve(settings: EngineSettings, inbox: loop.Inbox, put: Send) -> int:
    def send(message: ToDaemon) -> None:
        if isinstance(message, Ready) and message.device.startswith(("cpu", "fake")):
            _be_nice()
        put(message)

    try:
        loop.run(lambda report: _build(settings, report), inbox, send)
    except Exception as error:  # the process's main: whatever it is, the daemon must hear of it
        log.exception("engine_failed", error)
        put(Dying(message=f"{type(error).__name__}: {error}"[:500]))
        return 1
    return 0


def _build(settings: EngineSettings, send: Send) -> Engine:
    """The one place that chooses; torch is imported inside the local engine's module only."""
    if settings.kind == "fake":
        from pipeline.engine.fake import FakeEngine

        return FakeEngine(
            send,
            step_seconds=settings.fake_step_s,
            megapixel_seconds=settings.fake_megapixel_s,
            load_seconds=settings.fake_load_s,
        )
    environment.prepare()
    from pipeline.engine.local import LocalEngine

    return LocalEngine(settings, send)


def _read(stream: socket.socket, inbox: loop.Inbox) -> None:
    decoder = frames.for_engine()
    try:
        while data := stream.recv(1 << 18):
            inbox.put(decoder.feed(data))
    except (OSError, frames.BrokenFrameError) as error:
        log.event("engine_pipe_broken", reason=str(error))
    os._exit(0)  # the daemon is gone: nobody waits for what is being computed


def _write(stream: socket.socket, outbox: queue.Queue[Message | None]) -> None:
    try:
        while (message := outbox.get()) is not None:
            stream.sendall(frames.encode(message))
    except OSError:
        os._exit(0)
    except Exception as error:  # a thread's main: without a writer the process is of no use
        log.exception("engine_writer_failed", error)
        os._exit(1)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pipeline.engine", description="The process that computes; started by the daemon."
    )
    parser.add_argument("--fd", type=int, required=True, help="number of the inherited stream socket")
    parser.add_argument("--settings", required=True, help="the engine section of the settings as JSON")
    parser.add_argument("--parent", type=int, required=True, help="process id of the daemon")
    return parser.parse_args(arguments)


def _die_with(parent: int) -> None:
    """Ask the kernel to end this process with its parent; it may have gone before that was asked."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _leave_signals_to_the_daemon() -> None:
    """A service manager signals the whole group; jobs in hand get the daemon's grace, and the daemon says stop."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _be_nice() -> None:
    """Lower the priority of every thread there is: on Linux niceness belongs to a thread, and later ones inherit it."""
    if sys.platform == "linux":
        for thread in os.listdir("/proc/self/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), CPU_NICENESS)


if __name__ == "__main__":
    main()
