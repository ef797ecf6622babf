"""The composition root: builds the parts, runs them, takes them down again. Only here are concrete things chosen."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
from contextlib import ExitStack

import structlog

from config.clock import now_ms
from config.errors import AlreadyRunningError, FatalError
from config.settings import Settings
from daemon import directories, lock, logs
from daemon.daemon import Daemon
from daemon.notify import Notifier
from daemon.stop import Stop

EXIT_OK, EXIT_FAILED, EXIT_TRY_AGAIN = 0, 1, 75

log = structlog.get_logger()


def run(settings: Settings, *, private: bool = False) -> int:
    """Run the daemon until it is told to stop; returns the exit status (0, 1, or 75 when another one runs).

    A ``private`` daemon serves one command: it watches no folder and stops when its standard input closes.
    """
    os.umask(0o077)  # whatever was inherited: what this process makes is for its own user alone
    logs.hold_standard_descriptors()
    logs.configure(settings.log.level)
    if sys.stderr is not None:
        faulthandler.enable()
    try:
        directories.make(settings)
        with lock.held(settings.lock_file):
            return asyncio.run(_serve(settings, private))
    except AlreadyRunningError as error:
        return _refuse("daemon_already_running", error, EXIT_TRY_AGAIN)
    except FatalError as error:
        return _refuse("daemon_failed", error, EXIT_FAILED)
    except Exception as error:
        log.error("daemon_broke", exc_info=error)
        return EXIT_FAILED


def _refuse(event: str, error: FatalError, status: int) -> int:
    log.error(event, why=error.message, hint=error.hint)
    return status


async def _serve(settings: Settings, private: bool) -> int:
    stop = Stop()
    with ExitStack() as held:
        held.enter_context(stop.on_signals())
        if private:
            held.enter_context(stop.on_end_of(0))
        daemon = Daemon(settings, stop, Notifier(), now_ms, watch_folders=not private)
        return EXIT_OK if await daemon.run() else EXIT_FAILED
