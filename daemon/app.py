"""The composition root: builds the parts, runs them, takes them down again. Only here are concrete things chosen."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from config import failpoints
from config.clock import now_ms
from config.errors import AlreadyRunningError, FatalError, MezzotintError, RetryableError, UnusableError
from config.settings import Settings
from daemon import directories, lock, logs
from daemon.daemon import Daemon
from daemon.manner import Manner
from daemon.notify import Notifier
from daemon.patience import StoppedError, patiently
from daemon.reload import Load
from daemon.stop import Stop
from storage.backup import restore

if TYPE_CHECKING:
    from frontends.watch_folder import Summary

EXIT_OK, EXIT_FAILED, EXIT_TRY_AGAIN, EXIT_UNUSABLE = 0, 1, 75, 78
SERVICE = Manner()

log = structlog.get_logger(__name__)


def run(settings: Settings, load: Load, manner: Manner = SERVICE) -> int:
    """Run the daemon until it is told to stop; returns the exit status: 0; 1 when it failed and may be started again;

    75 when another one runs; 78 when what is stored can't be used, so that starting again is no use. One that carried
    out the folders once ends with 1 when anything failed or was left.

    ``load`` reads the settings anew when that is wanted.
    """
    failpoints.check()
    os.umask(0o077)  # whatever was inherited: what this process makes is for its own user alone
    logs.hold_standard_descriptors()
    logs.configure(settings.log.level, settings.log.levels)
    if sys.stderr is not None:
        faulthandler.enable()
    try:
        # The lock is let go of last: threads of the event loop may still write until it has ended.
        with ExitStack() as held:
            return asyncio.run(_serve(settings, load, manner, held))
    except AlreadyRunningError as error:
        return _refuse("daemon_already_running", error, EXIT_TRY_AGAIN)
    except UnusableError as error:
        return _refuse("daemon_failed", error, EXIT_UNUSABLE)
    except (FatalError, RetryableError) as error:
        return _refuse("daemon_failed", error, EXIT_FAILED)
    except Exception as error:
        log.error("daemon_broke", exc_info=error)
        return EXIT_FAILED
    finally:
        # The interpreter would look through all that was ever imported for garbage before it ends: half a second.
        gc.freeze()


def _refuse(event: str, error: MezzotintError, status: int) -> int:
    log.error(event, why=error.message, hint=error.hint)
    return status


async def _serve(settings: Settings, load: Load, manner: Manner, held: ExitStack) -> int:
    stop, notifier, hung_up = Stop(), Notifier(), asyncio.Event()
    summaries: list[Summary] = []

    def over(summary: Summary) -> None:
        summaries.append(summary)
        stop.ask("folders_done")

    async def own() -> None:
        directories.make(settings)
        held.enter_context(lock.held(settings.lock_file))

    async def finish_restore() -> None:
        if restore.finish(settings.state_dir):
            log.warning("restore_finished", state_dir=str(settings.state_dir))

    with ExitStack() as listening:
        listening.enter_context(stop.on_signals(hung_up.set))
        if manner.private:
            listening.enter_context(stop.on_end_of(0))
        try:
            await patiently(own, stop, notifier)
            await patiently(finish_restore, stop, notifier)
            told = replace(manner, once=over) if manner.once else manner
            well = await Daemon(settings, stop, notifier, now_ms, load, hung_up, told).run()
        except StoppedError:
            well = True
    for summary in summaries:
        assert manner.once is not None
        manner.once(summary)
        well = well and summary.is_clean
    return EXIT_OK if well and (manner.once is None or summaries) else EXIT_FAILED
