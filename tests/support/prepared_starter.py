"""The other side of ``prepared.py``: imports everything, then forks one process for each message; a script of its own.

``python prepared_starter.py FD``: on that socket come arguments, environment, directory and two open files, and go the
id of each process and, later, its status. It has one thread, so that what it forks is sound, and ends with the socket.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
from importlib import import_module, reload
from typing import Any

LONGEST_MESSAGE = 2**17
EVERYTHING = (
    "apscheduler.executors.asyncio",
    "apscheduler.schedulers.asyncio",
    "config.refusals",
    "config.sources",
    "daemon.app",
    "daemon.cli.client",
    "fastapi",
    "frontends.http.native.server",
    "frontends.schedules",
    "frontends.watch_folder",
    "frontends.webhooks",
    "storage.migrations.upgrade",
    "uvicorn",
    "watchdog.observers",
)


def main() -> int:
    """Never returns but in the processes that were asked for: with the status of the command."""
    there = socket.socket(fileno=int(sys.argv[1]))
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "1"
    _import_everything()
    gc.collect()
    gc.freeze()  # what is here for all stays shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    while True:
        ready, _, _ = select.select([there, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_of_the_ended(there)
        if there in ready:
            said, files, _, _ = socket.recv_fds(there, LONGEST_MESSAGE, 2)
            if not said:
                os._exit(0)
            wanted = json.loads(said)
            pid = os.fork()
            if pid == 0:
                for each in (woken, wake):
                    os.close(each)
                there.close()
                return _carry_out(wanted, files)
            for each in files:
                os.close(each)
            there.send(json.dumps({"number": wanted["number"], "pid": pid}).encode())


def _import_everything() -> None:
    """What a daemon with all its front ends and each of the commands import, torch and discord left out."""
    for name in EVERYTHING:
        import_module(name)
    from daemon.cli.main import COMMANDS

    for name in COMMANDS:
        import_module(f"daemon.cli.commands.{name}")
    if threading.active_count() > 1:
        raise SystemExit("an import has started a thread: nothing that is forked from here would be sound")


def _tell_of_the_ended(there: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        there.send(json.dumps({"pid": pid, "status": os.waitstatus_to_exitcode(status)}).encode())


def _carry_out(wanted: dict[str, Any], files: list[int]) -> int:
    """In the new process: become what a shell would have started."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    time.tzset()
    os.chdir(wanted["directory"])
    os.umask(wanted["umask"])
    sys.argv = wanted["arguments"]
    from config import failpoints
    from daemon.cli.main import main as command

    reload(failpoints)  # the one module that looks at the environment when it is imported
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
        return 0
    return command()


if __name__ == "__main__":
    sys.exit(main())
