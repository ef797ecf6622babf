"""Keeps the engine full of the jobs whose turn it is, and records what it draws.

It only moves: what to claim and what is drawn first is decided in :mod:`daemon.fairness` from what
:mod:`daemon.dispatch.balance` knows, the engine's life is watched by :mod:`daemon.dispatch.station`, files are written
by :mod:`daemon.dispatch.recording` and rows by :mod:`daemon.dispatch.ledger`. The engine never waits for the disk: the
next jobs are on board meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import msgspec
import structlog

from config.clock import Clock
from config.errors import FatalError, MezzotintError, RetryableError, UnusableError
from config.settings import Settings
from daemon.dispatch import drawing, plan
from daemon.dispatch.balance import Balance
from daemon.dispatch.conditions import Conditions, Unheard
from daemon.dispatch.held import HeldJob, Name
from daemon.dispatch.ledger import Ledger
from daemon.dispatch.lookout import board_of
from daemon.dispatch.recording import DamagedPictureError, Recorder
from daemon.dispatch.restarts import Restarts
from daemon.dispatch.silence import Patience
from daemon.dispatch.station import Station
from daemon.dispatch.status import EngineStatus
from daemon.dispatch.telling import EngineTeller
from daemon.engines import local
from daemon.engines.contract import StartEngine
from daemon.events import Bus, JobProgress
from daemon.fairness.alternatives import FAIR
from daemon.fairness.estimates import Forward, Spent
from daemon.fairness.forecast import Board
from daemon.fairness.traffic import Policy
from daemon.heartbeat import Heartbeat
from pipeline.messages import Drawn, Failed, Finished, Loaded, Progress, Stopped, ToDaemon
from pipeline.models.registry import Registry
from pipeline.request import Request
from storage.database import Database
from storage.queue.job import Job, JobError
from storage.results.store import PictureFiles

RECORDING_THREADS = 2
WATCH_SECONDS = 1.0
"""How often silence and free space are looked at, and the queue for jobs whose wait is over."""
RECORDINGS = 10
"""So many make up most of what the recording of a job is expected to take."""
IDLE_SECONDS = 30.0
"""An engine without work says so every second. One that does not for so long is hung: better found out now than by the
next job, which would wait ``stall_seconds`` for it."""
RECORDING_GRACE_SECONDS = 10.0
CLAIM_GRACE_SECONDS = 2.0
"""What a claim that is under way gets to come back when nothing else is waited for any more."""

_log = structlog.get_logger(__name__)


class Dispatcher:
    """Between queue and engine. All methods belong to the event loop's thread."""

    def __init__(
        self,
        *,
        database: Database,
        files: PictureFiles,
        bus: Bus,
        settings: Settings,
        registry: Registry,
        clock: Clock,
        conditions: Conditions | None = None,
        start_engine: StartEngine | None = None,
        watch_seconds: float = WATCH_SECONDS,
        policy: Policy = FAIR,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._files = files
        self._bus = bus
        self._watch_seconds = watch_seconds
        self._conditions = conditions or Unheard()
        self._ledger = Ledger(
            database=database, bus=bus, settings=settings.queue, clock=clock, conditions=self._conditions
        )
        self._executor = ThreadPoolExecutor(RECORDING_THREADS, "recording")
        # A thread of its own: a disk that hangs in it takes none from those who write pictures or hash models.
        self._looking = ThreadPoolExecutor(1, "free-space")
        self._recorder = Recorder(files=files, executor=self._executor, clock=clock, conditions=self._conditions)
        self._station = Station(
            start=start_engine or functools.partial(local.start, settings.engine),
            restarts=Restarts(settings.engine.restart_seconds),
            hear=self._hear,
            up=self.wake,
            lost=self._lost,
            conditions=self._conditions,
            teller=EngineTeller(bus),
        )
        self._balance = Balance(settings, policy, self.expected, self._step_time)
        self._patience = _patience(settings)
        self._news = asyncio.Event()
        self._shifted = asyncio.Event()
        """Something was drawn, or came on board or left it: others may have to go first."""
        self._claiming = asyncio.Lock()
        self._claimed: Sequence[Job] = ()
        """Jobs between their claim and their engine."""
        self._unwanted: set[Name] = set()
        self._ending: dict[asyncio.Task[None], HeldJob | None] = {}
        self._group: asyncio.TaskGroup | None = None
        self._space_left = True
        self._models_readable = True
        self._recording_seconds = 0.0
        """What it took of late from the last picture of a job to its record."""
        self._draining = False
        self._free_wanted = False
        """The queue is paused, and the engine is to give its memory back once it holds no job."""
        self._grace_ends: float | None = None
        self._moved = asyncio.Event()
        self.heartbeat = Heartbeat()
        """Of the loop that keeps the engine within its deadlines."""

    async def run(self) -> None:
        """Serve until cancelled (after :meth:`drain`, if nothing is to be accused at the next start)."""
        try:
            self.free_memory(await self._ledger.is_freed() or self._free_wanted)
            await self._free_if_idle()
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._station.run(), name="engine")
                group.create_task(self._claim_jobs(), name="claim")
                group.create_task(self._keep_order(), name="order")
                group.create_task(self._renew_leases(), name="leases")
                group.create_task(self._watch(), name="watch")
        finally:
            self._group = None
            self._station.take_all()  # nobody will end them: a drain need not wait for them
            await self._station.close(0)
            for executor in (self._executor, self._looking):
                executor.shutdown(wait=False, cancel_futures=True)

    def reconfigure(self, settings: Settings) -> None:
        """Other settings from now on."""
        self._settings = settings
        self._patience = _patience(settings)
        self._ledger.reconfigure(settings.queue)
        self._balance.reconfigure(settings)
        self._shifted.set()
        self.wake()

    def wake(self) -> None:
        """There may be something to claim."""
        self._news.set()
        self._moved.set()

    def cancel(self, job: str, attempt: int) -> None:
        """The owner does not want this running job any more; it ends at its next step."""
        name = (job, attempt)
        if self._station.get(name) is not None:
            self._later(self._station.cancel(name))
        elif self._claiming.locked():
            self._unwanted.add(name)  # committed by a claim that is not back yet

    def free_memory(self, wanted: bool) -> None:
        """End the engine once it holds no job, and start none until that is taken back. The queue is paused already."""
        self._free_wanted = wanted
        if wanted:
            self._later(self._free_if_idle())
        else:
            self._station.want()

    def snapshot(self) -> list[EngineStatus]:
        """What the engines are doing."""
        return [self._station.status()]

    def board(self) -> Board:
        """The engine and what it holds, for whoever wants to look ahead."""
        board = board_of(self._station, self._balance, self._ledger.speeds, self._ending.values())
        return replace(board, recording_seconds=self._recording_seconds)

    async def drain(self, grace_seconds: float) -> None:
        """Claim no more, let running jobs finish within the grace, release the others unharmed, stop the engine.

        A second call while the first one waits only shortens the grace.
        """
        ends = asyncio.get_running_loop().time() + grace_seconds
        already = self._draining
        self._grace_ends = ends if self._grace_ends is None else min(ends, self._grace_ends)
        self._draining = True
        self._moved.set()
        if already:
            return
        await self._until_grace_ends(lambda: not self._station.held and not self._claiming.locked())
        await self._until_claimed()
        left = self._station.take_all()
        for held in left:
            self._later(self._let_go(held))
        ending = list(self._ending)
        if ending:
            await asyncio.wait(ending, timeout=RECORDING_GRACE_SECONDS)
        await self._station.close()

    async def _until_grace_ends(self, settled: Callable[[], bool]) -> None:
        while not settled():
            assert self._grace_ends is not None
            left = self._grace_ends - asyncio.get_running_loop().time()
            if left <= 0:
                return
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()

    async def _until_claimed(self) -> None:
        """A claim under way releases by itself what it gets; what it can't let go of in time is released for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLAIM_GRACE_SECONDS), self._claiming:
                return
        with contextlib.suppress(TimeoutError):  # a disk that hangs: the next start finds them orphaned
            async with asyncio.timeout(CLAIM_GRACE_SECONDS):
                await self._ledger.release(self._claimed)

    # --- claiming

    async def _claim_jobs(self) -> None:
        await self._ledger.recall()
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._claiming:
                if self._may_claim():
                    await self._claim()
                self._unwanted.clear()
            self._moved.set()

    def _may_claim(self) -> bool:
        capacity = self._station.capacity
        if self._draining or not capacity or not self._space_left:
            return False
        recording = sum(held is not None for held in self._ending.values())
        return plan.may_claim(self._station.held, capacity=capacity, recording=recording)

    async def _claim(self) -> None:
        station = self._station
        choosing = self._balance.choosing(station.capacity, station.model, station.held)
        claimed = await self._ledger.claim(choosing, plan.most(station.capacity))
        self._claimed = claimed.jobs
        self._balance.waiting(claimed.wanting)
        await self._hand_out(claimed.jobs)
        self._claimed = ()

    async def _hand_out(self, jobs: Sequence[Job]) -> None:
        """Send claimed jobs in one piece; those that can't be sent end or go back at once."""
        ready = [held for held in [await self._prepare(job) for job in jobs] if held is not None]
        if self._draining or not self._station.capacity:
            await self._ledger.release([held.job for held in ready])
            return
        if len(ready) < len(jobs):
            self._news.set()  # there is room for others
        for held in ready:
            self._balance.come(held)
        await self._put_in_order(ready)
        await self._station.give(ready)
        for name in self._unwanted & {held.name for held in ready}:
            await self._station.cancel(name)

    async def _prepare(self, job: Job) -> HeldJob | None:
        if job.cancel_requested:
            await self._ledger.cancelled(job)
            return None
        try:
            return await drawing.prepare(job, registry=self._registry, settings=self._settings)
        except drawing.UnreadableModelsError as error:
            self._models_readable = False
            self._conditions.report("models", error.message, "goes on by itself when the file can be read again")
            await self._fail(job, JobError(error.kind, error.message, error.field, error.hint), blameless=True)
        except MezzotintError as error:
            await self._fail(job, JobError(error.kind, error.message, error.field, error.hint))
        except OSError as error:
            await self._fail(job, JobError("retryable", f"the input could not be read: {error.strerror}", None, None))
        return None

    def expected(self, request: Request) -> float:
        """Engine-seconds that a settled request will probably take, by what was learnt so far."""
        return self._ledger.speeds.engine_seconds(request)

    def _step_time(self, request: Request) -> Forward | None:
        speeds = self._ledger.speeds
        return speeds.forward(request) if speeds.seen(request) else None

    # --- the order on board

    async def _keep_order(self) -> None:
        while True:
            await self._shifted.wait()
            self._shifted.clear()
            before = self._balance.overdue
            await self._put_in_order()
            if set(self._balance.overdue) - set(before):
                self.wake()  # others are claimed now

    async def _put_in_order(self, coming: Sequence[HeldJob] = ()) -> None:
        """Tell the engine where jobs are more or less urgent than it knows; those that are coming bring it along."""
        station = self._station
        aboard = [*station.held, *coming]
        changed: list[HeldJob] = []
        for held, rank in zip(aboard, self._balance.ranks(station.capacity, station.model, aboard), strict=True):
            if held.sent and held.rank != rank:
                changed.append(held)
            elif not held.sent:
                held.draw = msgspec.structs.replace(held.draw, urgency=rank)
            held.rank = rank
        await station.rank(changed)

    # --- what the engine says

    def _hear(self, message: ToDaemon) -> None:
        """Late words about jobs that are no longer held (an earlier attempt, a released job) fall through."""
        if isinstance(message, Loaded):
            self._later(self._ledger.loaded(message.model, message.seconds))
            return
        if not isinstance(message, Progress | Drawn | Finished | Failed | Stopped):
            return
        name = (message.job, message.attempt)
        held = self._station.get(name)
        if held is None:
            return
        if not isinstance(message, Drawn):
            self._balance.served(held, message.engine_seconds)
            self._shifted.set()
            self._ledger.spent(held.job, message.engine_seconds)
        if isinstance(message, Progress):
            held.steps_done = message.step
            self._bus.publish(JobProgress(message.job, message.step, message.steps, message.preview_png))
        elif isinstance(message, Drawn):
            self._record(held, message)
        else:
            self._station.take(name)
            self._later(self._end(held, message), held)
            self.wake()

    def _record(self, held: HeldJob, drawn: Drawn) -> None:
        try:
            self._recorder.begin(held, drawn)
        except DamagedPictureError as error:
            self._station.kill(f"{error.message} and was killed")

    async def _end(self, held: HeldJob, message: Finished | Failed | Stopped) -> None:
        """Record how a job ended. What goes wrong with one job's record ends that job, not the daemon."""
        try:
            if isinstance(message, Finished):
                self._station.finished_something()
                await self._finish(held, message)
            elif isinstance(message, Failed):
                error = JobError(message.kind, message.message, message.field, message.hint)
                await self._fail(held.job, error, engine_seconds=held.engine_seconds)
            else:
                self._station.finished_something()
                await self._ledger.cancelled(held.job, held.engine_seconds)
        except DamagedPictureError as damage:
            error = JobError(damage.kind, damage.message, None, None)
            await self._fail(held.job, error, engine_seconds=held.engine_seconds)
        except UnusableError:
            raise  # not the job's fault: the daemon ends, and the job is drawn again once the database is mended
        except Exception as defect:  # boundary of one job's end, logged with its job
            _log.exception("recording_failed", job=held.job.id, attempt=held.job.attempt)
            error = JobError("fatal", f"the result could not be recorded: {defect}", None, None)
            await self._fail(held.job, error, engine_seconds=held.engine_seconds)
        else:
            if isinstance(message, Finished):
                return
        await self._recorder.discard(held)

    async def _finish(self, held: HeldJob, message: Finished) -> None:
        began = asyncio.get_running_loop().time()
        pictures = await self._recorder.pictures(held)
        spent = Spent(
            engine_seconds=message.engine_seconds,
            drawing_seconds=message.drawing_seconds,
            forward_seconds=message.forward_seconds,
            forwards=message.forwards,
            forwards_share=message.forwards_share,
        )
        if not await self._ledger.finish(held.job, pictures, spent):
            await self._recorder.discard(held, keep=await self._ledger.recorded(held.job))
        took = asyncio.get_running_loop().time() - began
        self._recording_seconds += (took - self._recording_seconds) / RECORDINGS

    async def _fail(self, job: Job, error: JobError, *, blameless: bool = False, engine_seconds: float = 0.0) -> None:
        seconds = await self._ledger.fail(job, error, blameless=blameless, engine_seconds=engine_seconds)
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self.wake)

    async def _lost(self, jobs: Sequence[HeldJob], reason: str) -> None:
        """The engine died with these jobs. Those that never reached it did nothing wrong."""
        taken = {held.job.id: held.engine_seconds for held in jobs}
        await self._ledger.accuse([held.job for held in jobs if held.sent], reason, taken)
        await self._ledger.release([held.job for held in jobs if not held.sent])
        for held in jobs:
            await self._recorder.discard(held)
        self._moved.set()

    async def _let_go(self, held: HeldJob) -> None:
        await self._ledger.release([held.job], {held.job.id: held.engine_seconds})
        await self._recorder.discard(held)

    # --- side tasks

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._settings.queue.lease_seconds / 3)
            ending = [held for held in self._ending.values() if held is not None]
            names = [held.name for held in (*self._station.held, *ending)]
            if names:
                await self._ledger.renew(names)

    async def _watch(self) -> None:
        while True:
            self.heartbeat.beat()
            await self._look_for_space()
            await self._look_for_models()
            self._station.look(self._patience)
            await self._free_if_idle()
            self.wake()
            await asyncio.sleep(self._watch_seconds)

    async def _free_if_idle(self) -> None:
        """What a claim that is under way brings is drawn first."""
        if self._free_wanted and not self._claiming.locked():
            await self._station.free()

    async def _look_for_space(self) -> None:
        least = self._settings.storage.min_free_bytes
        try:
            free = await asyncio.get_running_loop().run_in_executor(self._looking, self._files.free_bytes)
        except RetryableError as error:
            why: str | None = f"{error.message}: no job is started"
        else:
            free_words = f"{free // 2**20} MiB are free where the state directory or its pictures lie"
            why = f"{free_words}, {least // 2**20} MiB are needed: no job is started" if free < least else None
        self._space_left = why is None
        if why is None:
            self._conditions.clear("disk")
        else:
            self._conditions.report("disk", why, "goes on by itself when there is space again")

    async def _look_for_models(self) -> None:
        if self._models_readable:
            return
        with contextlib.suppress(FatalError, OSError):
            await asyncio.to_thread(self._registry.list)
            self._models_readable = True
            self._conditions.clear("models")

    def _later(self, work: Coroutine[Any, Any, None], held: HeldJob | None = None) -> None:
        if self._group is None:
            work.close()
            return
        task = self._group.create_task(work)
        self._ending[task] = held
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._ending[task]
        self.wake()


def _patience(settings: Settings) -> Patience:
    engine = settings.engine
    return Patience(
        stall_seconds=engine.stall_seconds, load_seconds=engine.load_timeout_seconds, idle_seconds=IDLE_SECONDS
    )
