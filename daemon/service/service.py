"""The one door: everything a front end may ask for goes through here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from config.clock import Clock, steady_ms
from config.errors import BusyError, MezzotintError, NotFoundError, QuotaError, UserError
from config.failpoints import reach
from config.settings import Settings
from config.version import VERSION
from daemon.events import Bus, JobChanged, Missed, Subscription
from daemon.fairness.forecast import Board, Expected
from daemon.happenings import QueueHeld, SubmissionRefused
from daemon.service import committing
from daemon.service.bounds import Bounds
from daemon.service.conditions import Conditions
from daemon.service.delivery import Deliverer
from daemon.service.exposition import Exposition, Metrics, NoMetrics
from daemon.service.favourites import Favourites
from daemon.service.foresight import Foresight, nothing_known
from daemon.service.intake import Intake, check_limits
from daemon.service.keeping import Keeping
from daemon.service.lanes import Lanes
from daemon.service.memory import Memory
from daemon.service.orders import Orders
from daemon.service.overview import Overview, Running
from daemon.service.policies import Policies
from daemon.service.posts import Posts
from daemon.service.quotas import Account, Quotas
from daemon.service.recent import Recent
from daemon.service.reloaded import Reloaded
from daemon.service.schedules import Firing, Schedules
from daemon.service.schedules.work import Earlier
from daemon.service.shares import Pace, Shares
from daemon.service.status import (
    STATES,
    DaemonStatus,
    DeliveryStatus,
    EngineReport,
    EngineStatus,
    FrontEndStatus,
    PaceStatus,
    Status,
)
from daemon.service.submission import OrderProgress, Receipt, Submission
from daemon.service.verification import Verification
from daemon.service.verifier import Verifier
from pipeline.models.registry import ModelEntry, Registry
from storage import deliveries, occurrences, queue, search, subscriptions
from storage.database import Connection, Database
from storage.queue.job import TERMINAL, Enqueued, Job, NewJob, Picture
from storage.quotas.terms import Allowance as Limit
from storage.quotas.terms import Terms
from storage.results.store import PictureFiles

Judge = Callable[[Submission], Awaitable[Submission]]
"""Gives a submission as it may be drawn. Raises :class:`UserError` when it may not be, :class:`BusyError` when that is
not known yet."""
FOUND_AT_ONCE = 100
"""Jobs of one answer to a search."""


class Dispatching(Protocol):
    """What the service needs of the dispatcher."""

    def wake(self) -> None:
        """There may be new work."""

    def cancel(self, job: str, attempt: int) -> None:
        """End a running job at its next step."""

    def free_memory(self, wanted: bool) -> None:
        """Whether the engine is to give its memory back once it is idle."""

    def snapshot(self) -> Sequence[EngineReport]:
        """The engines now."""


class Service:
    """Accepts, shows, cancels and compares. Every method may raise the errors of :mod:`config.errors`."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        files: PictureFiles,
        registry: Registry,
        bus: Bus,
        dispatcher: Dispatching,
        clock: Clock,
        conditions: Conditions | None = None,
        front_ends: Callable[[], tuple[FrontEndStatus, ...]] = tuple,
        board: Callable[[], Board] = nothing_known,
    ) -> None:
        self._settings = settings
        self._database = database
        self._files = files
        self._registry = registry
        self._bus = bus
        self._dispatcher = dispatcher
        self._clock = clock
        self._front_ends = front_ends
        self._started_at = steady_ms()
        self._intake = Intake(settings, registry)
        self._deliverers: dict[str, Deliverer] = {}
        self._judges: dict[str, Judge] = {}
        self._deliverer_came: Callable[[], None] = lambda: None
        self._reload: Callable[[], Awaitable[Reloaded]] = _not_yet
        self._metrics: Metrics = NoMetrics()
        shares, self._pace, self._recent = Shares(), Pace(), Recent()
        for listener in (shares, self._pace, self._recent):
            bus.listen(listener.hear)
        self._lanes = Lanes(database, clock, shares)
        self.conditions = conditions or Conditions()
        self.orders = Orders(database, clock)
        self.posts = Posts(database, clock)
        self.policies = Policies(database, clock)
        self.memory = Memory(database, clock)
        self.favourites = Favourites(database, clock)
        self.quotas = Quotas(settings=settings, database=database, clock=clock)
        self._foresight = Foresight(database, board, wall_clock=clock)
        self.keeping = Keeping(settings=settings, database=database, clock=clock, conditions=self.conditions)
        self._bounds = Bounds(
            max_queued=settings.queue.max_queued,
            min_free_bytes=settings.storage.min_free_bytes,
            count_queued=self._count_queued,
            free_bytes=files.free_bytes,
            conditions=self.conditions,
        )
        self.schedules = Schedules(
            settings=settings,
            database=database,
            clock=clock,
            conditions=self.conditions,
            intake=self._intake,
            firing=Firing(
                settings=settings,
                database=database,
                clock=clock,
                conditions=self.conditions,
                prepare=self._with_terms,
                admit=self._bounds.admit,
                enqueue=lambda c, job, now: queue.enqueue(
                    c, job, now=now, periods=self.quotas.periods(now), max_queued=self._bounds.max_queued
                ),
                announce=self._announce_queued,
                last=self._last_of_series,
            ),
        )

    # --- taking work

    async def submit(self, submission: Submission) -> Receipt:
        """Accept one submission: when this returns the job is committed.

        Raises :class:`UserError` (with the field), :class:`BusyError` when the queue or the disk is full, or its kind
        :class:`QuotaError` when what the owner (or a group of the job) may use is used up.
        """
        try:
            await self._bounds.admit(1)
            prepared = await self._intake.prepare(submission)
            (answer,) = await self._commit([prepared], None)
        except MezzotintError as error:
            self._refused(submission, error)
            raise
        if not isinstance(answer, Receipt):
            self._refused(submission, answer)
            raise answer
        return answer

    async def submit_many(
        self, submissions: Sequence[Submission], *, order: OrderProgress | None = None
    ) -> list[Receipt | UserError | QuotaError]:
        """Accept many in one transaction; one that is refused stands as its error at its place and stops no other.

        With ``order`` the jobs belong to it, its cursor moves in the same transaction, and refused submissions
        that carry a ``line`` become line errors of the order. The first of its submissions that has to wait for a
        quota ends the order's progress for now: it and all behind it stand as that :class:`QuotaError`, and the
        cursor stands at its line. Raises :class:`BusyError` with nothing done.
        """
        try:
            await self._bounds.admit(len(submissions))
        except MezzotintError as error:
            if submissions:
                self._refused(submissions[0], error, len(submissions))
            raise
        prepared: list[NewJob | UserError] = []
        for submission in submissions:
            prepared.append(await self._prepared(replace(submission, order_id=order.order_id) if order else submission))
        progress = (
            None if order is None else committing.Progress(order, [submission.line for submission in submissions])
        )
        try:
            return await self._commit(prepared, progress)
        except BusyError as error:
            self._refused(submissions[0], error, sum(isinstance(each, NewJob) for each in prepared))
            raise

    async def take_image(self, data: bytes) -> str:
        """Keep an input picture and return the sha256 by which requests name it (``image``)."""
        self._bounds.check_disk()
        return await self._intake.take_image(data)

    def stop_intake(self) -> None:
        """Refuse every submission from now on: the daemon is stopping."""
        self._bounds.stop()
        self.keeping.stop()

    # --- looking

    async def job(self, job_id: str) -> Job:
        """By id, or a unique beginning of one; :class:`NotFoundError` otherwise."""
        return await self._database.read(lambda c: queue.get(c, job_id))

    async def jobs(
        self,
        ids: Sequence[str] | None = None,
        state: str | None = None,
        owner: str | None = None,
        order_id: str | None = None,
        limit: int | None = None,
        before: str | None = None,
    ) -> list[Job]:
        """Newest first, all matches unless limited. Of several ids each must exist.

        ``before`` is the full id of a job: only those that came before it.
        """
        if state is not None and state not in STATES:
            raise UserError(f"state: must be one of {', '.join(STATES)}", field="state")
        return await self._database.read(
            lambda c: queue.find(c, ids=ids, state=state, owner=owner, order_id=order_id, limit=limit, before=before)
        )

    async def search(
        self,
        text: str,
        *,
        owner: str | None = None,
        guild: str | None = None,
        viewer: str,
        limit: int,
        before: str | None = None,
    ) -> list[Job]:
        """Jobs whose prompts hold all words of ``text`` (of the last word the beginning), the newest first.

        Only what ``viewer`` may see: in a guild what is asked for there, private jobs being his own alone; without a
        guild only his own. ``text`` may be anything; ``limit`` is at most 100; ``before`` is the full id of a job.
        """
        most = max(0, min(limit, FOUND_AT_ONCE))
        return await self._database.read(
            lambda c: search.find(c, text, owner=owner, guild=guild, viewer=viewer, limit=most, before=before)
        )

    async def expected(self, jobs: Sequence[Job]) -> dict[str, Expected]:
        """When those of the jobs that have not ended will have their pictures, by their id.

        Told from what others like them took, in the order in which the queue will be served, while as much
        more comes as came of late.
        """
        return await self._foresight.of(jobs)

    def watch(self, job_id: str | None = None) -> Subscription:
        """Events of one job (by its full id) or of all, from now on. Subscribe first, then read the job."""
        return self._bus.subscribe(job_id)

    async def wait(self, job_id: str, seconds: float | None = None) -> Job:
        """The job once it has ended, or as it is after so many seconds."""
        job = await self.job(job_id)
        with self._bus.subscribe(job.id) as events:
            try:
                async with asyncio.timeout(seconds):
                    job = await self.job(job.id)
                    while job.state not in TERMINAL:
                        await _change(events)
                        job = await self.job(job.id)
            except TimeoutError:
                pass
        return job

    async def status(self) -> Status:
        """What the daemon is doing; answers also before any engine is ready."""
        jobs, paused, freed, waiting, given_up = await self._database.read(_figures)
        floors = self._settings.fairness.lanes.shares
        return Status(
            daemon=DaemonStatus(
                pid=os.getpid(),
                uptime_s=round((steady_ms() - self._started_at) / 1000, 3),
                version=VERSION,
                state="stopping" if self._bounds.stopping else "serving",
            ),
            engines=tuple(_engine_status(engine) for engine in self._dispatcher.snapshot()),
            queue={state: jobs.get(state, 0) for state in STATES},
            paused=paused,
            front_ends=self._front_ends(),
            deliveries=DeliveryStatus(waiting=waiting, given_up=given_up),
            degraded=self.conditions.list(),
            retention=self.keeping.retention_status(),
            freed=freed,
            lanes=tuple(
                replace(lane, share_floor=floors[lane.name])
                for lane in await self._lanes.now(await self._foresight.lanes())
            ),
            pace=PaceStatus(*self._pace.now()),
        )

    async def overview(self, most: int = 50) -> Overview:
        """The status with the jobs that are drawn, those that have waited longest, and the last endings."""
        status = await self.status()
        running, waiting = await self._database.read(
            lambda c: (queue.under_way(c, most), queue.longest_waiting(c, most))
        )
        progress = [(job, self._recent.progress(job.id) or (None, None)) for job in running]
        return Overview(
            at=self._clock(),
            status=status,
            running=tuple(Running(job, step, steps) for job, (step, steps) in progress),
            waiting=tuple(waiting),
            endings=tuple(self._recent.endings),
        )

    async def metrics(self, accept: str = "") -> Exposition:
        """The figures for a collector, in the form that it accepts (the ``Accept`` of its request)."""
        return await self._metrics.expose(accept)

    def measured_by(self, metrics: Metrics) -> None:
        """``metrics`` answers :meth:`metrics`."""
        self._metrics = metrics

    async def usage(self, scope: str, groups: Sequence[str] | None = None) -> Account:
        """What a scope (``owner:discord:123``, ``guild:1234``) used and may use, today and this month.

        An owner's roles, which decide what he may use, are taken from ``groups``, or from his newest job when open.
        Raises :class:`UserError` for what can't be a scope.
        """
        return await self.quotas.account(scope, groups)

    def roles_named(self) -> frozenset[str]:
        """The roles (``role:NAME``) that the operator's quotas and shares speak of, as they are set now."""
        named = [rule.of for rule in self._settings.quotas.rules] + [*self._settings.fairness.weights]
        return frozenset(each for each in named if each.startswith("role:"))

    # --- steering

    async def cancel(self, job_id: str) -> Job:
        """End a job: at once when it waits, at its next step when it runs. A job that has ended stays as it is."""
        job = await self.job(job_id)
        before, state = await self._database.write(lambda c: _cancel(c, job.id, self._clock()))
        if state == before and state in TERMINAL:
            return await self.job(job.id)
        job = await self.job(job.id)
        if job.state == "running":
            self._dispatcher.cancel(job.id, job.attempt)
        else:
            self._changed(job, before)
        return job

    async def retry(self, job_id: str, limits: Sequence[Limit] = ()) -> Job:
        """Queue a failed, dead or cancelled job again, its attempts counted anew.

        It needs room anew in the quotas, and in ``limits`` as those of a :class:`Submission`.
        """
        job = await self.job(job_id)
        check_limits(limits, job.owner, job.groups)
        await self._bounds.admit(1)
        now, terms = self._clock(), self.quotas.terms(job.owner, job.groups, job.request, limits)
        periods = self.quotas.periods(now)
        most = self._bounds.max_queued
        await self._database.write(
            lambda c: queue.retry(c, job.id, now=now, terms=terms, periods=periods, max_queued=most)
        )
        before, job = job.state, await self.job(job.id)
        self._changed(job, before, why="retried")
        self._dispatcher.wake()
        return job

    async def remove(self, job_id: str) -> None:
        """Remove a job that has ended, with its pictures and their files; what was made from it stays.

        Raises :class:`NotFoundError`, :class:`config.errors.ConflictError` for a job that has not ended.
        """
        job = await self.job(job_id)
        await self.keeping.remove(job.id)

    async def pause(self, *, free_memory: bool = False) -> None:
        """Go on accepting, start no job (running ones finish); survives a restart.

        With ``free_memory`` the engine ends once it holds no job, with all models and whatever else it has in memory,
        and none is started, by no restart either, until the queue is resumed.
        """
        await self._database.write(lambda c: queue.pause(c, free_memory=free_memory))
        if free_memory:
            self._dispatcher.free_memory(True)
        self._bus.publish(QueueHeld("freed" if free_memory else "paused"))

    async def resume(self) -> None:
        """Start jobs again, and an engine if there is none."""
        if await self._database.write(_resume):
            self._dispatcher.free_memory(False)
        self._dispatcher.wake()
        self._bus.publish(QueueHeld("resumed"))

    async def reload(self) -> Reloaded:
        """Read the settings anew. Raises :class:`config.errors.ConfigurationError`, with nothing changed."""
        if self._bounds.stopping:
            raise BusyError("the daemon is stopping", hint="what is set counts at its next start")
        return await self._reload()

    def reload_by(self, act: Callable[[], Awaitable[Reloaded]]) -> None:
        """``act`` is what :meth:`reload` does."""
        self._reload = act

    def reconfigure(self, settings: Settings) -> None:
        """Other settings from now on."""
        self._settings = settings
        self._intake.reconfigure(settings)
        self.keeping.reconfigure(settings)
        self.quotas.reconfigure(settings)
        self.schedules.reconfigure(settings)
        self._bounds.change(max_queued=settings.queue.max_queued, min_free_bytes=settings.storage.min_free_bytes)

    # --- pictures and models

    def absolute(self, picture: Picture) -> Path:
        """Where a picture's file lies."""
        return self._settings.state_dir / picture.path

    async def picture(self, picture_id: str) -> Picture:
        """By id, or a unique beginning of one."""
        return await self._database.read(lambda c: queue.get_picture(c, picture_id))

    async def picture_bytes(self, picture_id: str) -> bytes:
        """The PNG file of a picture; :class:`NotFoundError` when the file is gone."""
        path = self.absolute(await self.picture(picture_id))
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise NotFoundError(f"the file of picture {picture_id} is gone") from None

    async def models(self) -> list[ModelEntry]:
        """Every model requests may name."""
        return await asyncio.to_thread(self._registry.list)

    async def model(self, name: str) -> ModelEntry:
        """One of them; :class:`NotFoundError` names the nearest."""
        return await asyncio.to_thread(self._registry.get, name)

    async def verify(self, picture: str | bytes) -> Verification:
        """Draw a picture (by picture id, job id or its PNG) again from its record and compare the pixels.

        Runs as an interactive job and returns when it has ended. Raises :class:`UserError` when there is no
        record to draw from or it can't be drawn any more, :class:`RetryableError` when the redraw did not succeed.
        """
        return await Verifier(self).verify(picture)

    # --- deliveries

    def register_deliverer(self, source: str, deliverer: Deliverer) -> None:
        """From now on results of ``source`` are brought by ``deliverer``; a later one takes its place."""
        self._deliverers[source] = deliverer
        self._deliverer_came()

    def deliverers(self) -> dict[str, Deliverer]:
        """Who brings the results of each source."""
        return dict(self._deliverers)

    async def unsubscribe(self, source: str, target: str) -> None:
        """Tell a subscriber of no more ends, until the settings are read anew."""
        await self._database.write(lambda c: subscriptions.remove(c, source, target))

    def register_judge(self, source: str, judge: Judge) -> None:
        """What schedules draw for this source is first shown to ``judge``, which knows the rules of the place."""
        self._judges[source] = judge

    def when_deliverer_comes(self, act: Callable[[], None]) -> None:
        """Call ``act`` at every registration."""
        self._deliverer_came = act

    # --- inside

    async def _prepared(self, submission: Submission) -> NewJob | UserError:
        try:
            return await self._intake.prepare(submission)
        except UserError as error:
            self._refused(submission, error)
            return error

    def _refused(self, submission: Submission, error: MezzotintError, count: int = 1) -> None:
        kind = "quota" if isinstance(error, QuotaError) else error.kind
        self._bus.publish(SubmissionRefused(kind, submission.owner.partition(":")[0], error.field, count))

    async def _commit(
        self, prepared: Sequence[NewJob | UserError], progress: committing.Progress | None
    ) -> list[Receipt | UserError | QuotaError]:
        now = self._clock()
        periods = self.quotas.periods(now)
        new = [replace(each, terms=self._terms(each)) if isinstance(each, NewJob) else each for each in prepared]
        most = self._bounds.max_queued
        try:
            answers = await self._database.write(lambda c: committing.record(c, new, progress, now, periods, most))
        except BusyError:
            self._bounds.found_full()
            raise
        reach("enqueue.after_commit")
        for answer, job in zip(answers, new, strict=True):
            if isinstance(answer, Enqueued) and isinstance(job, NewJob) and answer.created:
                self._bus.publish(JobChanged(answer.id, "queued", job.order_id, lane=job.lane, owner=job.owner))
        self._dispatcher.wake()
        return [Receipt(each.id, each.created) if isinstance(each, Enqueued) else each for each in answers]

    def _changed(self, job: Job, was: str, why: str | None = None) -> None:
        self._bus.publish(JobChanged(job.id, job.state, job.order_id, was=was, lane=job.lane, owner=job.owner, why=why))

    async def _with_terms(self, submission: Submission) -> NewJob:
        """A job of a schedule that can be queued, with what its owner and its groups may use."""
        judge = None if submission.origin is None else self._judges.get(submission.origin.source)
        if judge is not None:
            submission = await judge(submission)
        new = await self._intake.prepare(submission)
        return replace(new, terms=self._terms(new))

    def _terms(self, new: NewJob) -> Terms:
        """What its owner and its groups may use, and what it brought of limits."""
        return self.quotas.terms(new.owner, new.groups, new.request, new.terms.allowances)

    def _announce_queued(self, queued: Sequence[tuple[Enqueued, NewJob]]) -> None:
        """Jobs that were committed elsewhere."""
        for each, job in queued:
            if each.created:
                self._bus.publish(JobChanged(each.id, "queued", lane=job.lane, owner=job.owner))
        if queued:
            self._dispatcher.wake()

    async def _last_of_series(self, schedule: str) -> Earlier | None:
        picture = await self._database.read(lambda c: occurrences.last_picture(c, schedule))
        try:
            return None if picture is None else Earlier(picture, await self.picture_bytes(picture))
        except NotFoundError:
            return None  # its file is gone: the series begins anew

    async def _count_queued(self) -> int:
        return (await self._database.read(queue.counts)).get("queued", 0)


async def _not_yet() -> Reloaded:
    raise BusyError("the daemon is starting", hint="reload once it serves")


def _cancel(connection: Connection, job: str, now: int) -> tuple[str, str]:
    """The state before and after: of two who cancel at once only one ends the job."""
    before = queue.get(connection, job).state
    return before, queue.cancel(connection, job, now=now)


def _resume(connection: Connection) -> bool:
    """Whether the memory was freed."""
    freed = queue.is_freed(connection)
    queue.resume(connection)
    return freed


def _figures(connection: Connection) -> tuple[dict[str, int], bool, bool, int, int]:
    waiting, given_up = deliveries.counts(connection)
    paused, freed = queue.is_paused(connection), queue.is_freed(connection)
    return queue.counts(connection), paused, freed, waiting, given_up


def _engine_status(engine: EngineReport) -> EngineStatus:
    return EngineStatus(
        pid=engine.pid,
        device=engine.device,
        model=engine.model,
        active=engine.active,
        parked=engine.parked,
        forwards=engine.forwards,
        steps=engine.steps,
        state=engine.state,
        problem=engine.problem,
    )


async def _change(events: Subscription) -> None:
    """Until the job's row may have changed. Raises :class:`BusyError` when the daemon stops meanwhile."""
    async for event in events:
        if isinstance(event, JobChanged | Missed):
            return
    raise BusyError("the daemon is stopping", hint="ask again once it runs again")
