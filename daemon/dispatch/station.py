"""The place of one engine: starts it, listens to it, starts it anew when it died."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from daemon.dispatch.conditions import Conditions
from daemon.dispatch.held import HeldJob, Name
from daemon.dispatch.restarts import Restarts
from daemon.dispatch.status import EngineStatus
from daemon.engines.contract import EngineGoneError, RunningEngine, StartEngine
from pipeline.messages import Cancel, Loaded, Loading, Pulse, ToDaemon

STOP_SECONDS = 0.5
"""What an engine gets to end by itself. It has nothing to save."""

Hear = Callable[[ToDaemon], None]
Lost = Callable[[Sequence[HeldJob], str], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Station:
    """One engine process after another, and the jobs that the present one holds."""

    def __init__(
        self,
        *,
        start: StartEngine,
        restarts: Restarts,
        hear: Hear,
        up: Callable[[], None],
        lost: Lost,
        conditions: Conditions,
    ) -> None:
        self._start = start
        self._restarts = restarts
        self._hear = hear
        self._up = up
        self._lost = lost
        self._conditions = conditions
        self._engine: RunningEngine | None = None
        self._held: dict[Name, HeldJob] = {}
        self._pulse: Pulse | None = None
        self._state = "starting"
        self._problem: str | None = None
        self._killed_because: str | None = None
        self._heard_at = 0.0

    async def run(self) -> None:
        """Keep an engine running, until :meth:`close`."""
        while self._state != "stopped":
            self._state, self._pulse, self._killed_because = "starting", None, None
            reason = await self._live()
            if self._state == "stopped":
                return
            wait = self._restarts.next_wait()
            self._state, self._problem = "waiting", reason
            self._conditions.report("engine", reason, f"started again by itself, in {wait:.1f} seconds")
            _log.error("engine_gone", reason=reason, restart_seconds=wait)
            await asyncio.sleep(wait)

    async def _live(self) -> str:
        """One engine from start to end; why it ended."""
        try:
            self._engine = await self._start()
        except EngineGoneError as error:
            return error.message
        try:
            self._open()
            while True:
                self._listen(await self._engine.receive())
        except EngineGoneError as error:
            reason = self._killed_because or error.message
            self._end()  # before anything is awaited: a job given to a dead engine would never be heard of again
            await self._lost(self.take_all(), reason)
            return reason
        finally:
            engine, self._engine = self._engine, None
            await engine.close(0)

    def _open(self) -> None:
        assert self._engine is not None
        self._state, self._problem, self._heard_at = "ready", None, _now()
        self._conditions.clear("engine")
        _log.info("engine_ready", engine_pid=self._engine.pid, device=self._engine.ready.device)
        self._up()

    def _end(self) -> None:
        if self._state != "stopped":
            self._state = "waiting"

    def _listen(self, messages: Sequence[ToDaemon]) -> None:
        self._heard_at = _now()
        for message in messages:
            if isinstance(message, Pulse):
                self._pulse = message
                self._state = "ready" if self._state == "loading" else self._state  # also when the load failed
            elif isinstance(message, Loading | Loaded):
                self._state = "loading" if isinstance(message, Loading) else "ready"
                _log.info(f"model_{self._state}" if self._state == "loading" else "model_loaded", model=message.model)
            else:
                self._hear(message)

    @property
    def capacity(self) -> int:
        """Jobs that the engine likes to draw together; 0 while none is up."""
        return self._engine.ready.capacity if self._engine is not None and self._state in ("ready", "loading") else 0

    @property
    def held(self) -> Sequence[HeldJob]:
        """The jobs that the engine holds, oldest first."""
        return list(self._held.values())

    def get(self, name: Name) -> HeldJob | None:
        """The held job of that name."""
        return self._held.get(name)

    def take(self, name: Name) -> HeldJob | None:
        """Hold this job no longer."""
        return self._held.pop(name, None)

    def take_all(self) -> list[HeldJob]:
        """Hold no job any longer."""
        taken, self._held = list(self._held.values()), {}
        return taken

    async def give(self, jobs: Sequence[HeldJob]) -> None:
        """Hold these jobs and send them in one piece."""
        if not self._held:
            self._heard_at = _now()  # silence is counted from the moment on that there is work
        self._held |= {job.name: job for job in jobs}
        if self._engine is not None:
            for job in jobs:
                job.sent = True
            await self._engine.send([job.draw for job in jobs])

    async def cancel(self, name: Name) -> None:
        """Have the engine end a job at its next step."""
        if self._engine is not None:
            await self._engine.send([Cancel(job=name[0], attempt=name[1])])

    def finished_something(self) -> None:
        """A job ended in order: the engine is of use."""
        self._restarts.finished_something()

    def kill_if_hung(self, stall_seconds: float) -> None:
        """Kill an engine that is silent while it holds work.

        The deadlines of its jobs are the engine's own affair: only it knows when a job is drawn and when it waits.
        """
        if self._engine is None or not self._held or self._killed_because is not None:
            return
        if _now() - self._heard_at > stall_seconds:
            self.kill(f"the engine gave no sign of life for {stall_seconds:g} seconds and was killed")

    def kill(self, reason: str) -> None:
        """End the engine now; its jobs are lost for this reason."""
        if self._engine is not None:
            self._killed_because = reason
            self._engine.kill()

    async def close(self, grace_seconds: float = STOP_SECONDS) -> None:
        """Stop the engine. The caller has taken the jobs before, and cancels :meth:`run` after."""
        self._state = "stopped"
        if self._engine is not None:
            self._killed_because = "the daemon stops"
            await self._engine.close(grace_seconds)

    def status(self) -> EngineStatus:
        """For ``status``."""
        engine, pulse = self._engine, self._pulse
        return EngineStatus(
            pid=engine.pid if engine else None,
            device=engine.ready.device if engine else None,
            model=pulse.model if pulse else None,
            active=pulse.active if pulse else 0,
            parked=pulse.parked if pulse else 0,
            forwards=pulse.forwards if pulse else 0,
            steps=pulse.steps if pulse else 0,
            state=self._state,
            problem=self._problem,
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
