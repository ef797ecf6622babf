"""The place of one engine: starts it, listens to it, starts it anew when it died.

To free memory the engine process is ended, not asked to let go of its models: only its end gives everything back.
Measured on a CPU with the starter model: it had 540 MiB; without its models, the allocator trimmed, it still had
440 MiB, for its libraries and what lies between them; ended it has none, and no context on a device either, whose
memory nobody else can use as long as the process lives. The price is the start of an engine (6 s on two cores) with
the first job after that, beside the loading of its model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from daemon.dispatch.conditions import Conditions
from daemon.dispatch.held import HeldJob, Name
from daemon.dispatch.restarts import Restarts
from daemon.dispatch.silence import Patience, Silence
from daemon.dispatch.status import EngineStatus
from daemon.dispatch.telling import EngineTeller
from daemon.engines.contract import EngineGoneError, RunningEngine, StartEngine
from daemon.events import Bus
from pipeline.messages import Cancel, Loaded, Loading, Pulse, Rank, ToDaemon

STOP_SECONDS = 0.5
"""What an engine gets to end by itself. It has nothing to save."""
LEFTOVER = "engine process"
FREED = "its memory is freed"
"""Why an engine ended that is no fault."""

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
        teller: EngineTeller | None = None,
    ) -> None:
        self._teller = teller or EngineTeller(Bus())
        self._start = start
        self._restarts = restarts
        self._hear = hear
        self._up = up
        self._lost = lost
        self._conditions = conditions
        self._engine: RunningEngine | None = None
        self._held: dict[Name, HeldJob] = {}
        self._pulse: Pulse | None = None
        self._model: str | None = None
        self._state = "starting"
        self._problem: str | None = None
        self._killed_because: str | None = None
        self._loading: str | None = None
        self._loading_since = 0.0
        self._mute, self._inert, self._deaf = Silence(_now()), Silence(_now()), Silence(_now())
        """It says nothing; it does nothing with its jobs; it takes no messages."""
        self._ready_at = 0.0
        self._leftovers: list[RunningEngine] = []
        """Killed, and still there."""
        self._wanted = asyncio.Event()
        """Not set while its memory is to be free."""
        self._wanted.set()

    async def run(self) -> None:
        """Keep an engine running, until :meth:`close`."""
        while self._state != "stopped":
            if not self._wanted.is_set():
                await self._rest()
                continue
            self._state, self._pulse, self._killed_because, self._loading = "starting", None, None, None
            self._model = None
            reason = await self._live()
            if self._state == "stopped":
                return
            if reason == FREED or not self._wanted.is_set():
                continue
            wait = self._restarts.next_wait()
            self._state, self._problem = "waiting", reason
            self._conditions.report("engine", reason, f"started again by itself, in {wait:.1f} seconds")
            self._teller.gone(reason)
            _log.error("engine_gone", reason=reason, restart_seconds=wait)
            await asyncio.sleep(wait)

    async def _rest(self) -> None:
        """Without an engine, until one is wanted again."""
        self._state, self._pulse, self._problem, self._loading = "freed", None, None, None
        self._conditions.clear("engine")
        self._teller.freed()
        _log.info("engine_freed")
        await self._wanted.wait()

    async def _live(self) -> str:
        """One engine from start to end; why it ended."""
        try:
            self._engine = await self._start()
        except EngineGoneError as error:
            return error.message
        try:
            if self._state == "stopped":
                return FREED  # nobody waits for it any more
            self._open()
            while self._wanted.is_set() or self._held:
                self._listen(await self._engine.receive())
            return FREED  # nobody wanted it any more when it had started
        except EngineGoneError as error:
            reason = self._killed_because or error.message
            self._end()  # before anything is awaited: a job given to a dead engine would never be heard of again
            await self._lost(self.take_all(), reason)
            return reason
        finally:
            engine, self._engine = self._engine, None
            self._restarts.lived(_now() - self._ready_at)
            await engine.close(0)
            self._note_leftover(engine)

    def _open(self) -> None:
        assert self._engine is not None
        self._state, self._problem, self._ready_at = "ready", None, _now()
        for silence in (self._mute, self._inert, self._deaf):
            silence.broken()
        self._conditions.clear("engine")
        self._teller.ready(self._engine.ready.device)
        _log.info("engine_ready", engine_pid=self._engine.pid, device=self._engine.ready.device)
        self._up()

    def _end(self) -> None:
        if self._state != "stopped":
            self._state = "waiting"

    def _listen(self, messages: Sequence[ToDaemon]) -> None:
        self._mute.broken()
        for message in messages:
            if not self._counts_as_before(message):
                self._inert.broken()  # a pulse that counts no more than the last one is no sign of work
            self._teller.heard(message)
            if isinstance(message, Pulse):
                self._pulse, self._model = message, message.model
                self._load_ended()  # also when it failed
            elif isinstance(message, Loading):
                self._state, self._loading, self._loading_since = "loading", message.model, _now()
                _log.info("model_loading", model=message.model)
            elif isinstance(message, Loaded):
                self._load_ended()
                self._model = message.model  # before the next pulse says so
                _log.info("model_loaded", model=message.model, seconds=round(message.seconds, 3))
                self._hear(message)
            else:
                self._hear(message)

    def _counts_as_before(self, message: ToDaemon) -> bool:
        last = self._pulse
        if last is None or not isinstance(message, Pulse):
            return False
        return msgspec.structs.replace(message, busy_seconds=last.busy_seconds) == last

    def _load_ended(self) -> None:
        self._loading = None
        if self._state == "loading":
            self._state = "ready"

    @property
    def capacity(self) -> int:
        """Jobs that the engine likes to draw together; 0 while none is up."""
        if self._engine is None or self._killed_because is not None or not self._wanted.is_set():
            return 0
        return self._engine.ready.capacity if self._state in ("ready", "loading") else 0

    @property
    def model(self) -> str | None:
        """What the engine has loaded."""
        return self._model

    @property
    def loading(self) -> tuple[str, float] | None:
        """The model that is being loaded, and for how many seconds it has been."""
        return None if self._loading is None else (self._loading, _now() - self._loading_since)

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
        if not jobs:
            return
        if not self._held:
            self._mute.broken()
            self._inert.broken()  # silence is counted from the moment on that there is work
        self._held |= {job.name: job for job in jobs}
        if self._engine is not None:
            for job in jobs:
                job.sent = True
            await self._engine.send([job.draw for job in jobs])

    async def rank(self, jobs: Sequence[HeldJob]) -> None:
        """Tell the engine how urgent these jobs are by now."""
        if jobs and self._engine is not None:
            ranks = [Rank(job=job.job.id, attempt=job.job.attempt, urgency=job.rank) for job in jobs]
            await self._engine.send(ranks)

    async def cancel(self, name: Name) -> None:
        """Have the engine end a job at its next step."""
        if self._engine is not None:
            await self._engine.send([Cancel(job=name[0], attempt=name[1])])

    def finished_something(self) -> None:
        """A job ended in order: the engine is of use."""
        self._restarts.finished_something()

    def look(self, patience: Patience) -> None:
        """Kill an engine that hangs. To be called about every second.

        The deadlines of its jobs are the engine's own affair: only it knows when a job is drawn and when it waits.
        """
        for silence in (self._mute, self._inert, self._deaf):
            silence.look(_now())
        self._look_at_leftovers()
        if self._engine is None or self._killed_because is not None:
            return
        if not self._engine.unread_bytes:
            self._deaf.broken()
        if (why := self._hangs(patience)) is not None:
            self.kill(f"{why} and was killed")

    def _hangs(self, patience: Patience) -> str | None:
        stall = patience.stall_seconds
        if self._loading is not None:
            signs = [(self._mute, patience.load_seconds, f"was still loading {self._loading} after")]
        elif self._held:
            signs = [(self._mute, stall, "gave no sign of life for"), (self._inert, stall, "drew nothing for")]
        else:
            signs = [(self._mute, patience.idle_seconds, "was idle and gave no sign of life for")]
        signs.append((self._deaf, max(stall, signs[0][1]), "took no message for"))
        return next((f"the engine {does} {most:g} seconds" for sign, most, does in signs if sign.seconds > most), None)

    def _note_leftover(self, engine: RunningEngine) -> None:
        if engine.ended:
            return
        _log.error("engine_stuck", engine_pid=engine.pid)
        why = f"engine process {engine.pid} was killed and does not end: a driver or a disk holds it in the kernel"
        heals = "goes when the kernel lets go of it; what it has of the device's memory is missing until then"
        self._conditions.report(LEFTOVER, why, heals)
        self._leftovers.append(engine)

    def _look_at_leftovers(self) -> None:
        if self._leftovers:
            self._leftovers = [engine for engine in self._leftovers if not engine.ended]
            if not self._leftovers:
                self._conditions.clear(LEFTOVER)

    def kill(self, reason: str) -> None:
        """End the engine now; its jobs are lost for this reason."""
        if self._engine is not None:
            self._killed_because = reason
            self._engine.kill()

    async def free(self) -> None:
        """End an engine that holds no job, and start none until :meth:`want`. Nothing happens while it holds one."""
        if self._held or not self._wanted.is_set():
            return
        self._wanted.clear()
        if self._engine is not None:
            self._killed_because = FREED
            await self._engine.close(STOP_SECONDS)

    def want(self) -> None:
        """Start an engine again, if there is none."""
        self._wanted.set()

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
