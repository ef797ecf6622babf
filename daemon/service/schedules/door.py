"""Setting schedules up, showing and steering them: what the command line, the API and the bot call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from config.clock import Clock
from config.errors import ConflictError, MezzotintError, UserError
from config.ids import new_id
from config.settings import Settings
from daemon.schedules.timetable import Timetable
from daemon.service.conditions import Conditions
from daemon.service.intake import Intake
from daemon.service.schedules import definitions, file, work
from daemon.service.schedules.draft import Draft
from daemon.service.schedules.firing import Firing
from daemon.service.schedules.views import OccurrenceReport, Run, ScheduleReport, SchedulesStatus
from storage import occurrences, schedules
from storage.database import Connection, Database
from storage.schedules import Definition, Schedule

MOST_RUNS = 1_000
"""So many coming due times are told at once."""
SHOWN = occurrences.KEPT + definitions.MAX_IN_FLIGHT + 1_000


class Schedules:
    """Every method may raise the errors of :mod:`config.errors`. ``firing`` carries out what is due."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        conditions: Conditions,
        intake: Intake,
        firing: Firing,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._conditions = conditions
        self._intake = intake
        self._changed: Callable[[], None] = lambda: None
        self.firing = firing

    def reconfigure(self, settings: Settings) -> None:
        """Other settings from now on (those schedules that are settings: see :meth:`take_over`)."""
        self._settings = settings
        self.firing.reconfigure(settings)

    def when_changed(self, act: Callable[[], None]) -> None:
        """Call ``act`` whenever something may be due earlier than was thought."""
        self._changed = act

    # --- setting up

    async def add(self, draft: Draft) -> ScheduleReport:
        """A new schedule that counts from now: committed when this returns.

        :class:`UserError` names the field; :class:`ConflictError` when there is one of that name.
        """
        definition = await self._define(draft)
        schedule, now = new_id(self._clock()), self._clock()
        following = await self._examined(schedule, definition, now)

        def write(connection: Connection) -> Schedule:
            if schedules.counts(connection)[0] >= self._settings.schedules.max_schedules:
                raise UserError(
                    "there are as many schedules as there may be", hint="remove some, or raise schedules.max_schedules"
                )
            return schedules.add(connection, schedule, definition, following, now, from_file=False)

        added = await self._database.write(write)
        self._changed()
        return ScheduleReport.of(added)

    async def edit(self, draft: Draft) -> ScheduleReport:
        """The schedule of that name says this from now on, and counts from now: nothing of the past is repeated."""
        known = await self._mine(draft.name)
        definition = await self._define(draft)
        await self._redefine(known, definition, from_file=False)
        return await self.show(draft.name)

    async def remove(self, name: str) -> None:
        """Forget it, and what became of its due times. Jobs that it queued stay."""
        known = await self._mine(name)
        async with self.firing.lock:
            await self._database.write(lambda c: schedules.remove(c, known.id))
        self.firing.say_no_more(name)
        self._changed()

    async def take_over(self) -> None:
        """The schedules of the configuration file are those of the settings; one that left it is disabled.

        One that is wrong is said in the conditions and stops no other; what it said before goes on.
        """
        names = set()
        for entry in self._settings.schedules.entries:
            names.add(entry.name)
            try:
                await self._take_over(file.draft(entry))
            except MezzotintError as error:
                words = f"{error.message} ({error.hint})" if error.hint else error.message
                self._conditions.report(f"schedule {entry.name}", words, "mend it in the configuration and reload")
        for known in await self._database.read(schedules.every):
            if known.from_file and not known.disabled and known.definition.name not in names:
                await self._database.write(lambda c, known=known: schedules.disable(c, known.id))  # type: ignore[misc]
                self.firing.say_no_more(known.definition.name)
        self._changed()

    # --- looking

    async def list(self) -> list[ScheduleReport]:
        """All of them, by name."""
        return [ScheduleReport.of(each) for each in await self._database.read(schedules.every)]

    async def show(self, name: str) -> ScheduleReport:
        """One, with what became of its last due times, the newest last."""
        known = await self._get(name)
        found = await self._database.read(lambda c: occurrences.of_schedule(c, known.id, SHOWN))
        table = definitions.timetable(known.definition, known.anchor_at)
        told = tuple(OccurrenceReport.of(each, table.shown(each.due_at)) for each in found)
        return ScheduleReport.of(known, told)

    async def next(self, name: str, most: int = 10, start: str | None = None) -> Sequence[Run]:
        """The next due times, or those from a moment on (ISO 8601), by the code that decides what is due."""
        known = await self._get(name)
        definition = known.definition
        if start is None:
            after = max(self._clock(), known.last_due_at)
        else:
            after = definitions.moment("from", start, definitions.timetable(definition, 0).zone) - 1
        left = most if (left := definitions.runs_left(known)) is None else min(most, left)
        return self._runs(known.id, definition, known.anchor_at, after, known.runs, left, most)

    async def preview(self, draft: Draft, most: int = 10) -> tuple[str, Sequence[Run]]:
        """What a draft would mean, in words, and its next due times; nothing is kept."""
        definition = definitions.define(draft, self._settings, image=None)
        now = self._clock()
        left = most if definition.max_runs is None else min(most, definition.max_runs)
        runs = self._runs("preview", definition, now, now, 0, left, most)
        return definitions.timetable(definition, now).explained(), runs

    async def status(self) -> SchedulesStatus:
        """How many there are and when the next is due."""

        def read(connection: Connection) -> SchedulesStatus:
            return SchedulesStatus(*schedules.counts(connection), schedules.next_at(connection))

        return await self._database.read(read)

    # --- steering

    async def pause(self, name: str) -> ScheduleReport:
        """Nothing is due until it is resumed; what waits for its turn waits on."""
        known = await self._get(name)
        now = self._clock()
        await self._database.write(lambda c: schedules.pause(c, known.id, None, now))
        return await self.show(name)

    async def resume(self, name: str) -> ScheduleReport:
        """Go on; what was due meanwhile was missed, and ``catch_up`` decides about it."""
        known = await self._get(name)
        if known.disabled:
            raise ConflictError(f"schedule {name} is not in the configuration file any more", field="name")
        async with self.firing.lock:
            if known.paused_at is not None:
                await self._database.write(lambda c: schedules.resume(c, known.id))
                self.firing.say_no_more(name)
                resumed = await self._get(name)
                if resumed.next is not None and resumed.next.at <= self._clock():
                    await self.firing.decide(resumed, live_from=self._clock() + 1)
        self._changed()
        return await self.show(name)

    async def run(self, name: str) -> str:
        """Run it once now, besides its due times and whatever else holds it back; the id of the job."""
        return await self.firing.run_now(await self._get(name))

    # --- inside

    async def _get(self, name: str) -> Schedule:
        return await self._database.read(lambda c: schedules.get(c, name))

    async def _mine(self, name: str) -> Schedule:
        known = await self._get(name)
        if known.from_file and not known.disabled:
            raise ConflictError(f"schedule {name} is set in the configuration file", hint="change it there and reload")
        return known

    async def _define(self, draft: Draft) -> Definition:
        image = None if draft.image is None else await self._intake.take_image(draft.image)
        return definitions.define(draft, self._settings, image=image)

    async def _examined(self, schedule: str, definition: Definition, now: int) -> schedules.Next:
        """Its first due time; :class:`UserError` when there is none, or when its request could not be drawn."""
        following = definitions.following(schedule, definition, now, now, None)
        if following is None:
            is_past = definition.kind == "at" and int(definition.expression) <= now
            why = (
                "it lies in the past" if is_past else "with its end, its start and its quiet hours nothing is ever due"
            )
            raise UserError(f"{definition.kind}: {why}", field=definition.kind)
        await self._intake.examine(work.submission(schedule, definition, following.due_at, 1, self._settings.state_dir))
        return following

    async def _redefine(self, known: Schedule, definition: Definition, *, from_file: bool) -> None:
        now = self._clock()
        following = await self._examined(known.id, definition, now)
        left = definitions.following(
            known.id, definition, now, now, None if definition.max_runs is None else definition.max_runs - known.runs
        )
        async with self.firing.lock:
            await self._database.write(
                lambda c: schedules.redefine(
                    c, known.id, definition, following if left is not None else None, now, from_file=from_file
                )
            )
        self.firing.say_no_more(definition.name)
        self._changed()

    async def _take_over(self, draft: Draft) -> None:
        definition = definitions.define(draft, self._settings, image=None)
        found = [each for each in await self._database.read(schedules.every) if each.definition.name == draft.name]
        if not found:
            schedule, now = new_id(self._clock()), self._clock()
            following = await self._examined(schedule, definition, now)
            await self._database.write(lambda c: schedules.add(c, schedule, definition, following, now, from_file=True))
        elif found[0].definition != definition or not found[0].from_file or found[0].disabled:
            await self._redefine(found[0], definition, from_file=True)

    def _runs(
        self, schedule: str, definition: Definition, anchor_at: int, after: int, runs: int, left: int, most: int
    ) -> Sequence[Run]:
        if not 1 <= most <= MOST_RUNS:
            raise UserError(f"n: must be between 1 and {MOST_RUNS}", field="n")
        table = definitions.timetable(definition, anchor_at)
        return [
            self._run(schedule, definition, table, due.at, due.note, runs + place)
            for place, due in enumerate(islice(table.after(after), left), 1)
        ]

    def _run(self, schedule: str, definition: Definition, table: Timetable, due: int, note: str, number: int) -> Run:
        fields = work.fields(schedule, definition, due, number, self._settings.state_dir)
        return Run(
            due_at=due,
            at=definitions.fires_at(schedule, definition, due),
            local=table.shown(due),
            note=note,
            number=number,
            prompt=str(fields.get("prompt", "")),
            seed=int(fields["seed"]),
        )
