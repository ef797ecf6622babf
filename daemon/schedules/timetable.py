"""The due times of one schedule: strictly ascending moments (UTC epoch milliseconds), each once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from daemon.schedules import calendar_rule, cron, local_times, quiet_hours, spans
from daemon.schedules.local_times import Gap, Moment, Overlap

Kind = Literal["cron", "every", "calendar", "at"]
QUIET_DAYS = 1_000
"""So many quiet hours are passed over in search of a time; then there is none."""
FIRST_LOOK_MS = 3_600_000
LAST = 221_845_392_000_000
"""The year 9000: what is later can't be told in local time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """``expression`` is a cron text, a span, a calendar rule or one moment (epoch milliseconds in decimal)."""

    kind: Kind
    expression: str
    time_zone: str
    gap: Gap = "next"
    overlap: Overlap = "first"
    anchor_at: int = 0
    """When it was set up: intervals and calendar rules count from here, and know nothing before."""
    starts_at: int | None = None
    ends_at: int | None = None
    """No time after this one."""
    quiet_hours: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Its zone; the name was checked when it was set up."""
        return ZoneInfo(self.time_zone)

    def after(self, moment: int) -> Iterator[Moment]:
        """The due times later than ``moment``."""
        moment = max(moment, (self.starts_at or 0) - 1)
        for due in self._awake(moment):
            if due.at > (LAST if self.ends_at is None else self.ends_at):
                return
            yield due

    def next_after(self, moment: int) -> Moment | None:
        """The first of them."""
        return next(self.after(moment), None)

    def newest(self, after: int, until: int, most: int) -> list[Moment]:
        """The last ``most`` due times later than ``after`` and not later than ``until``, ascending.

        A clock that was wrong by years, or a long downtime, costs no more than a short one.
        """
        look = FIRST_LOOK_MS
        while True:
            start = max(after, until - look)
            found: deque[Moment] = deque(maxlen=most)
            for due in self.after(start):
                if due.at > until:
                    break
                found.append(due)
            if start == after or len(found) == most:
                return list(found)
            look *= 8

    def explained(self) -> str:
        """In words, with the zone where it matters."""
        words = {"cron": self._cron_words, "every": self._every_words, "calendar": self._calendar_words}
        told = words[self.kind]() if self.kind in words else f"Once at {self.shown(int(self.expression))}"
        quiet = f", not between {self.quiet_hours.replace('-', ' and ')}" if self.quiet_hours else ""
        return told + quiet

    def shown(self, moment: int) -> str:
        """A moment as clocks in the zone show it: ISO 8601 with the offset, and milliseconds where there are any."""
        shown = local_times.local(moment, self.zone)
        return shown.isoformat(timespec="milliseconds" if shown.microsecond else "seconds")

    def _awake(self, moment: int) -> Iterator[Moment]:
        if self.quiet_hours is None:
            yield from self._all(moment)
            return
        hours, zone = quiet_hours.parse(self.quiet_hours), self.zone
        for _ in range(QUIET_DAYS):
            for due in self._all(moment):
                shown = local_times.local(due.at, zone)
                if hours.holds(shown):
                    moment = max(due.at, hours.over_at(shown, zone) - 1)
                    break
                yield due
            else:
                return

    def _all(self, moment: int) -> Iterator[Moment]:
        if self.kind == "at":
            at = int(self.expression)
            if at > moment:
                yield Moment(at)
        elif self.kind == "every":
            yield from self._grid(moment)
        else:
            yield from self._local(moment)

    def _grid(self, moment: int) -> Iterator[Moment]:
        step = spans.milliseconds(self.expression, "every")
        at = self.anchor_at + max(1, (moment - self.anchor_at) // step + 1) * step
        while at <= LAST:
            yield Moment(at)
            at += step

    def _local(self, moment: int) -> Iterator[Moment]:
        if moment >= LAST:
            return
        zone = self.zone
        start = local_times.beginning(moment, zone)
        gap, overlap = self.gap, self.overlap
        if self.kind == "cron" and cron.is_all_day(self.expression):
            # By what clocks show at each moment: a time that is left out is no moment, one that comes twice is two.
            gap, overlap = "skip", "both"
        yield from local_times.moments(self._local_times(start, zone), zone, gap, overlap, moment)

    def _local_times(self, start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        if self.kind == "cron":
            return cron.times_from(self.expression, start)
        first = local_times.local(self.anchor_at, zone).date()
        return calendar_rule.parse(self.expression).times_from(start, first)

    def _cron_words(self) -> str:
        return f"{cron.explained(self.expression)} ({self.time_zone})"

    def _every_words(self) -> str:
        return f"Every {spans.explained(self.expression)}"

    def _calendar_words(self) -> str:
        return f"Every {self.expression} ({self.time_zone})"
