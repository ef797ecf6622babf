"""Hours of the day in which nothing is due: ``22:00-07:00``, by the clocks of the schedule's zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.errors import UserError
from daemon.schedules import local_times

FIELD = "quiet_hours"
_FORM = re.compile(r"(\d{1,2}):(\d{2})\s?-\s?(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` on, before ``end``; over midnight where ``end`` is the earlier."""

    begin: time
    end: time

    def holds(self, shown: datetime) -> bool:
        """Whether it is quiet at a local time."""
        now = shown.time().replace(fold=0)
        if self.begin < self.end:
            return self.begin <= now < self.end
        return now >= self.begin or now < self.end

    def over_at(self, shown: datetime, zone: ZoneInfo) -> int:
        """The moment at which the quiet that holds at a local time ends."""
        naive = shown.replace(tzinfo=None, fold=0)
        end = datetime.combine(naive.date(), self.end)
        if end <= naive:
            end += timedelta(days=1)
        return local_times.placed(end, zone, "next", "first")[0]


def parse(text: str) -> QuietHours:
    """:class:`UserError` when it is none."""
    match = _FORM.fullmatch(text.strip())
    try:
        if match is not None:
            first, second, third, fourth = map(int, match.groups())
            hours = QuietHours(time(first, second), time(third, fourth))
            if hours.begin != hours.end:
                return hours
    except ValueError:
        pass
    raise UserError(f"quiet_hours: {text[:40]!r} are none", field=FIELD, hint="write 22:00-07:00")
