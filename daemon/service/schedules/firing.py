"""Carries due times out: decides each once, queues its job in the same transaction, and notes how that ended.

Nothing here waits for a moment: whoever has the alarm clock calls :meth:`Firing.fire`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import structlog

from config.clock import Clock
from config.errors import BusyError, MezzotintError, NotFoundError, UserError
from config.failpoints import reach
from config.settings import Settings
from daemon.schedules import catch_up, verdicts
from daemon.schedules.verdicts import Room, Verdict
from daemon.service.conditions import Conditions
from daemon.service.schedules import definitions, work
from daemon.service.schedules.views import Tally
from daemon.service.submission import Submission
from storage import occurrences, schedules
from storage.database import Connection, Database
from storage.occurrences import KEPT, Ending, Occurrence
from storage.queue.job import Enqueued, NewJob
from storage.schedules import Next, Schedule

AT_ONCE = 100
"""Schedules that are decided together: their transactions become few."""
PASSES = 1_000
TRIES = 3
"""Of one schedule in one round; what others did meanwhile is looked at anew each time."""
TOLERANCE_MS = 15_000
"""A due time that nobody looked at for so long was missed, whatever the reason."""
SET_BACK_MS = 25 * 3_600_000
"""A schedule that is decided further ahead than this was so by a clock that was wrong."""
FAILED = frozenset({"failed", "dead"})

log = structlog.get_logger(__name__)

Prepare = Callable[[Submission], Awaitable[NewJob]]
Admit = Callable[[int], Awaitable[None]]
Enqueue = Callable[[Connection, NewJob, int], Enqueued]
Queued = tuple[Enqueued, NewJob]
Announce = Callable[[Sequence[Queued]], None]


@dataclass(frozen=True, slots=True)
class _Decided:
    """One due time with the job it becomes, if it becomes one now."""

    due: int
    state: str
    why: str | None
    number: int | None
    job: NewJob | None = None


class Firing:
    """One round at a time. ``enqueue`` queues a job in an open transaction, at a moment; it raises
    :class:`BusyError` while there is no room for it, :class:`UserError` when there will be none. ``announce`` is told
    of jobs once they are committed."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        conditions: Conditions,
        prepare: Prepare,
        admit: Admit,
        enqueue: Enqueue,
        announce: Announce,
        last: work.Last,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._conditions = conditions
        self._prepare = prepare
        self._admit = admit
        self._enqueue = enqueue
        self._announce = announce
        self._last = last
        self.lock = asyncio.Lock()
        self.tally = Tally()
        self.troubled = False
        """A schedule could not be carried out in the last round, for a reason that may pass."""
        self.waits = False
        """Something waited for its turn in the last round."""

    def reconfigure(self, settings: Settings) -> None:
        """Other settings from now on."""
        self._settings = settings

    async def fire(self, live_from: int) -> int | None:
        """Decide whatever is due by now, start what waits; when the next is due (UTC epoch milliseconds), or None.

        Due times before ``live_from`` are missed: nobody was awake then, and ``catch_up`` decides.
        """
        async with self.lock:
            tries: dict[str, int] = {}
            for _ in range(PASSES):
                most = AT_ONCE + len(tries)
                due = await self._database.read(partial(schedules.due, now=self._clock(), most=most))
                due = [each for each in due if tries.get(each.id, 0) < TRIES]
                if not due:
                    break
                done = await asyncio.gather(*(self.decide(each, live_from) for each in due))
                tries |= {each.id: tries.get(each.id, 0) + 1 for each, well in zip(due, done, strict=True) if not well}
            self.troubled = bool(tries)
            await self._start_waiting()
            return await self._database.read(schedules.next_at)

    async def decide(self, schedule: Schedule, live_from: int) -> bool:
        """Decide the due times of one schedule up to now; False when that must be tried again. Call it locked."""
        try:
            return await self._decide(schedule, live_from)
        except Exception as error:  # the boundary of one schedule: it must stop no other
            why = error.message if isinstance(error, MezzotintError) else None
            log.error("schedule_broke", schedule=schedule.definition.name, why=why, exc_info=None if why else error)
            return False

    async def settle(self, job: str | None = None) -> bool:
        """Note that a job ended, or (None) all that ended meanwhile; whether there was anything to note."""
        async with self.lock:
            if job is None:
                endings = await self._database.read(occurrences.all_ended)
            else:
                endings = await self._database.read(lambda c: occurrences.ended(c, job))
            if not endings:
                return False
            for paused in await self._database.write(lambda c: self._note(c, endings)):
                self.tell_paused(paused)
            return True

    async def recompute(self) -> None:
        """The clock was set, or the daemon starts: foretell every schedule anew from what was decided of it."""
        async with self.lock:
            known = await self._database.read(schedules.every)
            now = self._clock()
            changed = await asyncio.to_thread(_foretold, known, now)
            if changed:
                await self._database.write(lambda c: [schedules.advance(c, *each, 0) for each in changed])
                log.info("schedules_foretold_anew", changed=len(changed))
            for each in known:
                self.tell_paused(each)

    async def run_now(self, schedule: Schedule) -> str:
        """One run besides the due times; the id of its job. Raises what a submission raises."""
        async with self.lock:
            await self._admit(1)
            now = self._clock()
            number = schedule.runs + 1
            job = await self._prepared(schedule, now, number)
            enqueued = await self._database.write(lambda c: self._run(c, schedule, job, now))
        self._announce([(enqueued, job)])
        return enqueued.id

    def tell_paused(self, schedule: Schedule) -> None:
        """Say in the daemon's status that a schedule was paused by its failures, or take that back."""
        if schedule.paused_at is not None and schedule.paused_why is not None and not schedule.disabled:
            name = schedule.definition.name
            self._conditions.report(
                f"schedule {name}", schedule.paused_why, f"mend it, then: mezzotint schedule resume {name}"
            )
        else:
            self.say_no_more(schedule.definition.name)

    def say_no_more(self, name: str) -> None:
        """Nothing is wrong with that schedule, or it is no more."""
        self._conditions.clear(f"schedule {name}")

    # --- due times

    async def _decide(self, schedule: Schedule, live_from: int) -> bool:
        now = self._clock()
        due = _due(schedule, now)
        in_flight, waiting = await self._database.read(lambda c: occurrences.room(c, schedule.id))
        room = Room(
            in_flight=in_flight,
            waiting=waiting,
            most_in_flight=schedule.definition.max_in_flight,
            runs_left=definitions.runs_left(schedule),
        )
        live = _first_live(schedule, due, max(live_from, now - TOLERANCE_MS))
        policy = catch_up.parse(schedule.definition.catch_up)
        judged = verdicts.judge(due[:live], due[live:], now, policy, room)
        decided = await self._decided(schedule, judged)
        runs = sum(each.number is not None for each in decided)
        last = due[-1] if due else schedule.last_due_at
        left = None if room.runs_left is None else room.runs_left - runs
        following = definitions.following(schedule.id, schedule.definition, schedule.anchor_at, last, left)
        enqueued = await self._database.write(
            lambda c: self._record(c, schedule, (in_flight, waiting), decided, last, following, now)
        )
        if enqueued is None:
            return False
        reach("occurrence.after_commit")
        self._told(schedule, decided, enqueued, now)
        if any(each.state == "failed" for each in decided):
            after = await self._database.read(lambda c: schedules.find(c, schedule.id))
            self.tell_paused(after or schedule)
        return True

    async def _decided(self, schedule: Schedule, judged: Sequence[Verdict]) -> list[_Decided]:
        number, decided = schedule.runs, []
        for verdict in judged:
            if verdict.what in ("skipped", "missed"):
                decided.append(_Decided(verdict.due, verdict.what, verdict.why, None))
                continue
            number += 1
            if verdict.what == "waiting":
                decided.append(_Decided(verdict.due, "waiting", verdict.why, number))
                continue
            try:
                await self._admit(1)
                job = await self._prepared(schedule, verdict.due, number)
                decided.append(_Decided(verdict.due, "queued", None, number, job))
            except BusyError as error:
                decided.append(_Decided(verdict.due, "waiting", error.message, number))
            except UserError as error:
                decided.append(_Decided(verdict.due, "failed", error.message, number))
        return decided

    async def _prepared(self, schedule: Schedule, due: int, number: int) -> NewJob:
        definition = schedule.definition
        last = await self._last(schedule.id) if work.evolves(definition) else None
        return await self._prepare(
            work.submission(schedule.id, definition, due, number, self._settings.state_dir, last)
        )

    def _record(
        self,
        connection: Connection,
        schedule: Schedule,
        room: tuple[int, int],
        decided: Sequence[_Decided],
        last: int,
        following: Next | None,
        now: int,
    ) -> list[Queued] | None:
        """None, with nothing written, when somebody else decided meanwhile."""
        if occurrences.room(connection, schedule.id) != room or schedules.find(connection, schedule.id) != schedule:
            return None
        enqueued: list[Queued] = []
        for each in decided:
            state = "waiting" if each.job is not None else each.state
            row = occurrences.record(connection, schedule.id, each.due, state, now, number=each.number, why=each.why)
            if row is not None and each.job is not None:
                found = self._begin(connection, schedule, row, each.due, each.job, now)
                enqueued += [] if found is None else [(found, each.job)]
            if row is not None and each.state == "failed":
                self._count(connection, schedule.id, each.why, failed=True, now=now)
        reach("occurrence.before_advance")
        runs = sum(each.number is not None for each in decided)
        # A pause by failures, a moment ago in this transaction, changed the version: it is read again.
        now_known = schedules.find(connection, schedule.id)
        assert now_known is not None
        schedules.advance(connection, now_known, last, following, runs)
        occurrences.trim(connection, schedule.id)
        reach("occurrence.before_commit")
        return enqueued

    def _begin(
        self, connection: Connection, schedule: Schedule, row: int, due: int, job: NewJob, now: int
    ) -> Enqueued | None:
        """One that waits becomes a job. None: it waits on for want of room, or failed because there will be none."""
        try:
            enqueued = self._enqueue(connection, job, now)
        except BusyError as error:
            occurrences.explain(connection, row, error.message)
            return None
        except NotFoundError:
            raise  # what it descends from was removed a moment ago, and some of it is written: all of it again
        except UserError as error:
            occurrences.refuse(connection, row, error.message)
            self._count(connection, schedule.id, error.message, failed=True, now=now)
            return None
        late = max(0, now - definitions.fires_at(schedule.id, schedule.definition, due))
        occurrences.start(connection, row, enqueued.id, late)
        return enqueued

    def _run(self, connection: Connection, schedule: Schedule, job: NewJob, now: int) -> Enqueued:
        number = schedules.count_run(connection, schedule.id)
        row = occurrences.record(connection, schedule.id, now, "waiting", now, number=number, why="asked for")
        if row is None:
            raise BusyError("it is due at this very moment", hint="ask again")
        enqueued = self._enqueue(connection, job, now)
        occurrences.start(connection, row, enqueued.id, 0)
        return enqueued

    def _told(self, schedule: Schedule, decided: Sequence[_Decided], enqueued: Sequence[Queued], now: int) -> None:
        latest, started = 0, {id(job) for _, job in enqueued}
        for each in decided:
            late = max(0, now - definitions.fires_at(schedule.id, schedule.definition, each.due))
            self.tally.count(
                "queued" if (is_queued := id(each.job) in started) else each.state, late if is_queued else None
            )
            latest = max(latest, late)
        if decided:
            states = Counter(each.state for each in decided)
            log.info("schedule_due", schedule=schedule.definition.name, late_ms=latest, **states)
        self._announce(enqueued)

    # --- what waits

    async def _start_waiting(self) -> None:
        self.waits = False
        for schedule in await self._database.read(occurrences.schedules_with_waiting):
            try:
                await self._start_waiting_of(schedule)
            except Exception as error:  # the boundary of one schedule: it must stop no other
                self.troubled = True
                log.error("schedule_broke", schedule=schedule, exc_info=error)

    async def _start_waiting_of(self, schedule_id: str) -> None:
        schedule, (in_flight, _), waiting = await self._database.read(partial(_waiting, schedule=schedule_id))
        if schedule is None or schedule.paused_at is not None or schedule.disabled:
            return
        self.waits = self.waits or bool(waiting)
        for each in waiting[: max(0, schedule.definition.max_in_flight - in_flight)]:
            try:
                await self._admit(1)
                job = await self._prepared(schedule, each.due_at, each.number or 1)
            except BusyError:
                return
            except UserError as error:
                await self._refuse(schedule, each, error.message)
                continue
            now = self._clock()
            enqueued = await self._database.write(partial(self._start, schedule=schedule, each=each, job=job, now=now))
            if enqueued is None:
                return  # somebody else was there: the next round sees what is left
            late = max(0, now - definitions.fires_at(schedule.id, schedule.definition, each.due_at))
            self.tally.started(late)
            self._announce([(enqueued, job)])

    def _start(
        self, connection: Connection, schedule: Schedule, each: Occurrence, job: NewJob, now: int
    ) -> Enqueued | None:
        in_flight, _ = occurrences.room(connection, schedule.id)
        is_free = in_flight < schedule.definition.max_in_flight
        if not is_free or not occurrences.is_still_waiting(connection, each.id):
            return None
        return self._begin(connection, schedule, each.id, each.due_at, job, now)

    async def _refuse(self, schedule: Schedule, each: Occurrence, why: str) -> None:
        now = self._clock()

        def write(connection: Connection) -> Schedule | None:
            if not occurrences.refuse(connection, each.id, why):
                return None
            return self._count(connection, schedule.id, why, failed=True, now=now)

        self.tally.not_run["failed"] += 1
        if (paused := await self._database.write(write)) is not None:
            self.tell_paused(paused)

    # --- endings

    def _note(self, connection: Connection, endings: Sequence[Ending]) -> list[Schedule]:
        paused: list[Schedule] = []
        now = self._clock()
        for ending in endings:
            if occurrences.settle(connection, ending) and ending.state != "cancelled":
                failed = ending.state in FAILED
                if stopped := self._count(connection, ending.schedule, ending.why, failed=failed, now=now):
                    paused.append(stopped)
        return paused

    def _count(
        self, connection: Connection, schedule: str, why: str | None, *, failed: bool, now: int
    ) -> Schedule | None:
        """The schedule, when this failure was one too many and it is paused now."""
        failures = schedules.count_ending(connection, schedule, failed=failed)
        most = self._settings.schedules.pause_after_failures
        if not failed or most == 0 or failures < most:
            return None
        schedules.pause(connection, schedule, f"{failures} runs in a row failed, the last one: {why}", now)
        return schedules.find(connection, schedule)


def _waiting(connection: Connection, schedule: str) -> tuple[Schedule | None, tuple[int, int], list[Occurrence]]:
    return (
        schedules.find(connection, schedule),
        occurrences.room(connection, schedule),
        occurrences.waiting(connection, schedule, definitions.MAX_IN_FLIGHT),
    )


def _due(schedule: Schedule, now: int) -> list[int]:
    """The due times that are to be carried out by now and not decided yet, the newest of them when there are many."""
    table = definitions.timetable(schedule.definition, schedule.anchor_at)
    most = max(KEPT, catch_up.parse(schedule.definition.catch_up).most)
    # What is due by then is carried out by now, whatever delay was drawn for it.
    surely = max(schedule.last_due_at, now - schedule.definition.jitter_ms)
    found = [each.at for each in table.newest(schedule.last_due_at, surely, most)]
    if schedule.definition.jitter_ms:
        for each in islice(table.after(surely), most):
            if each.at > now or definitions.fires_at(schedule.id, schedule.definition, each.at) > now:
                break
            found.append(each.at)
    return found


def _first_live(schedule: Schedule, due: Sequence[int], live_from: int) -> int:
    """The place of the first due time from which on none was missed."""
    for place in reversed(range(len(due))):
        if definitions.fires_at(schedule.id, schedule.definition, due[place]) < live_from:
            return place + 1
    return 0


def _foretold(known: Sequence[Schedule], now: int) -> list[tuple[Schedule, int, Next | None]]:
    """Those whose next due time is another one than was thought."""
    changed = []
    for each in known:
        last = min(each.last_due_at, now) if each.last_due_at > now + SET_BACK_MS else each.last_due_at
        following = definitions.following(each.id, each.definition, each.anchor_at, last, definitions.runs_left(each))
        if following != each.next or last != each.last_due_at:
            changed.append((each, last, following))
    return changed
