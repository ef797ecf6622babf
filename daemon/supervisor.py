"""Watches the daemon's named side tasks.

An essential task (dispatcher, deliveries) that ends by itself stops the daemon with a failure. A front end
never does: it is started again, ever less often, or left alone when trying again can't help.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any

import structlog

from config.errors import MezzotintError
from daemon.service import FrontEndStatus
from frontends.contract import BadCredentials, FrontEnd, Misconfigured, NotReachable

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A front end that ran so long starts again at the first wait."""

log = structlog.get_logger(__name__)


class EssentialTaskEnded(Exception):
    """A side task without which the daemon is useless has ended."""


class Supervisor:
    """Owns every side task from :meth:`start` to :meth:`stop`."""

    def __init__(self, first_wait_seconds: float = FIRST_WAIT_SECONDS) -> None:
        self._first_wait_seconds = first_wait_seconds
        self._essential: dict[asyncio.Task[None], str] = {}
        self._front_ends: dict[str, tuple[FrontEnd, asyncio.Task[None]]] = {}
        self._states: dict[str, FrontEndStatus] = {}
        self._settled: dict[str, asyncio.Event] = {}
        self._awaited: set[str] = set()
        self.failure: asyncio.Future[EssentialTaskEnded] = asyncio.get_running_loop().create_future()

    def essential(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work``; its end is the end of the daemon (see :attr:`failure`)."""
        task = asyncio.create_task(work, name=name)
        self._essential[task] = name
        task.add_done_callback(self._essential_ended)

    def front_end(self, front_end: FrontEnd, *, awaited: bool = True) -> None:
        """Run a front end for as long as the daemon lives. One that is not ``awaited`` holds back nothing at start."""
        name = front_end.name
        if awaited:
            self._awaited.add(name)
        self._states[name] = FrontEndStatus(name, "starting", "")
        self._settled[name] = asyncio.Event()
        self._front_ends[name] = (front_end, asyncio.create_task(self._keep(front_end), name=f"front end {name}"))

    async def replace(self, name: str, make: Callable[[], FrontEnd | None]) -> None:
        """End the front end of that name, if there is one; then make another one and run it. None: run none."""
        awaited = name in self._awaited
        if name in self._front_ends:
            await self.stop_front_ends([name])
            del self._front_ends[name], self._states[name], self._settled[name]
        if (front_end := make()) is not None:
            self.front_end(front_end, awaited=awaited)

    def states(self) -> tuple[FrontEndStatus, ...]:
        """Every front end as it is now."""
        return tuple(self._now(name) for name in sorted(self._states))

    async def settled(self, timeout_seconds: float) -> None:
        """Until every front end that is awaited serves or has failed once, at most so long."""
        waits = [asyncio.create_task(self._first_word(name)) for name in self._front_ends if name in self._awaited]
        if waits:
            _, late = await asyncio.wait(waits, timeout=timeout_seconds)
            await _end(late)

    async def stop_front_ends(self, names: Iterable[str]) -> None:
        """End these front ends and wait until they have."""
        chosen = [name for name in names if name in self._front_ends]
        await _end({self._front_ends[name][1] for name in chosen})
        for name in chosen:
            self._say(name, "stopped", "")

    def expect_ends(self) -> None:
        """The daemon is stopping: essential tasks may end from now on."""
        for task in self._essential:
            task.remove_done_callback(self._essential_ended)

    async def stop(self) -> None:
        """End everything."""
        self.expect_ends()
        await self.stop_front_ends(list(self._front_ends))
        await _end(set(self._essential))

    def _essential_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failure.done():
            return
        name, error = self._essential[task], task.exception()
        log.error("task_died", task=name, exc_info=error)
        ended = EssentialTaskEnded(f"{name} ended unexpectedly")
        ended.__cause__ = error
        self.failure.set_result(ended)

    async def _keep(self, front_end: FrontEnd) -> None:
        loop, wait = asyncio.get_running_loop(), self._first_wait_seconds
        while True:
            began = loop.time()
            front_end.started.clear()
            self._say(front_end.name, "starting", "")
            if not await self._serve(front_end):
                return
            if loop.time() - began > STEADY_SECONDS:
                wait = self._first_wait_seconds
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _serve(self, front_end: FrontEnd) -> bool:
        """Run it once; False when it is no use to run it again."""
        name = front_end.name
        try:
            await front_end.run()
            self._failed(name, "retrying", "it ended by itself")
        except Misconfigured as error:
            self._failed(name, "misconfigured", _words(error))
            return False
        except BadCredentials as error:
            self._failed(name, "refused", _words(error))
            return False
        except NotReachable as error:
            self._failed(name, "retrying", _words(error))
        except (Exception, SystemExit) as error:  # a defect in one front end must not end the others
            log.error("front_end_broke", front_end=name, exc_info=error)
            self._failed(name, "retrying", f"{type(error).__name__}: {error}")
        return True

    def _failed(self, name: str, state: str, why: str) -> None:
        log.warning("front_end_failed", front_end=name, state=state, why=why)
        self._say(name, state, why)
        self._settled[name].set()

    def _say(self, name: str, state: str, detail: str) -> None:
        self._states[name] = FrontEndStatus(name, state, detail)

    def _now(self, name: str) -> FrontEndStatus:
        front_end, _ = self._front_ends[name]
        status = self._states[name]
        if status.state != "starting":
            return status
        return replace(status, state="up" if front_end.started.is_set() else "starting", detail=_own_words(front_end))

    async def _first_word(self, name: str) -> None:
        started = asyncio.create_task(self._front_ends[name][0].started.wait())
        failed = asyncio.create_task(self._settled[name].wait())
        try:
            await asyncio.wait({started, failed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end({started, failed})


def _own_words(front_end: FrontEnd) -> str:
    """Whoever asks for the status gets it, also when one front end can't tell its own."""
    try:
        return front_end.status()
    except Exception as error:  # a defect in one front end must not hide the others; not logged, it is asked for often
        return f"its status can't be told: {type(error).__name__}: {error}"


def _words(error: MezzotintError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


async def _end(tasks: set[asyncio.Task[None]] | set[asyncio.Task[bool]] | set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
