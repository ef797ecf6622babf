"""Schedules and their due times as the service shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from daemon.service.schedules import definitions
from storage.occurrences import Occurrence
from storage.schedules import Schedule


@dataclass(frozen=True, slots=True)
class Run:
    """A due time to come: when it is carried out, what clocks show then, and what will be drawn."""

    due_at: int
    at: int
    local: str
    note: str
    number: int
    prompt: str
    seed: int


@dataclass(frozen=True, slots=True)
class OccurrenceReport:
    """A due time that was decided. ``state``: that of its job, or ``waiting``, ``skipped``, ``missed``, ``failed``."""

    due_at: int
    local: str
    state: str
    why: str | None
    job: str | None
    number: int | None
    late_ms: int | None

    @classmethod
    def of(cls, occurrence: Occurrence, local: str) -> OccurrenceReport:
        """The view of a row."""
        return cls(
            due_at=occurrence.due_at,
            local=local,
            state=occurrence.state,
            why=occurrence.why,
            job=occurrence.job_id,
            number=occurrence.number,
            late_ms=occurrence.late_ms,
        )


@dataclass(frozen=True, slots=True)
class ScheduleReport:
    """A schedule and how it stands."""

    schedule: Schedule
    state: str
    """``active``, ``paused``, ``over`` (nothing is due any more) or ``disabled`` (not in the configuration file)."""
    explained: str
    next_local: str | None
    occurrences: tuple[OccurrenceReport, ...] = ()

    @classmethod
    def of(cls, schedule: Schedule, occurrences: tuple[OccurrenceReport, ...] = ()) -> ScheduleReport:
        """The view of a row."""
        table = definitions.timetable(schedule.definition, schedule.anchor_at)
        following = schedule.next
        shown = None if following is None else table.shown(following.due_at)
        return cls(schedule, state_of(schedule), table.explained(), shown, occurrences)


def state_of(schedule: Schedule) -> str:
    """See :class:`ScheduleReport`."""
    if schedule.disabled:
        return "disabled"
    if schedule.paused_at is not None:
        return "paused"
    return "active" if schedule.next is not None else "over"


@dataclass(frozen=True, slots=True)
class SchedulesStatus:
    """How many there are, how many of them will be due, and when the first of those is."""

    all: int
    armed: int
    next_at: int | None


@dataclass(slots=True)
class Tally:
    """What happened since the start of the daemon."""

    due: int = 0
    """Due times that were decided."""
    ran: int = 0
    """Jobs that were queued."""
    not_run: Counter[str] = field(default_factory=Counter)
    """By state: ``skipped``, ``missed``, ``failed``."""
    late_ms: int = 0
    """By how much all that ran were late, together."""
    latest_ms: int = 0
    """The most by which one was."""

    def count(self, state: str, late_ms: int | None = None) -> None:
        """One more due time was decided."""
        self.due += 1
        if state in ("skipped", "missed", "failed"):
            self.not_run[state] += 1
        elif late_ms is not None:
            self.started(late_ms)

    def started(self, late_ms: int) -> None:
        """One more job was queued."""
        self.ran += 1
        self.late_ms += late_ms
        self.latest_ms = max(self.latest_ms, late_ms)
