"""Every so many days, weeks or months at a local time, counted from the day on which that was set up.

``2 days at 07:30``, ``2 weeks on mon,thu at 09:00``, ``3 months on 31 at 08:00`` (or ``on last``: a day that a month
does not have is its last).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from config.errors import UserError

FIELD = "calendar"
HINT = "write '2 days at 07:30', '2 weeks on mon,thu at 09:00' or '1 month on last at 08:00'"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = {"day": 3660, "week": 520, "month": 120}
LAST_YEAR = 9000
_FORM = re.compile(
    r"(?:every )?(?:(?P<number>\d{1,4}) )?(?P<unit>day|week|month)s?"
    r"(?: on (?P<on>[a-z0-9, ]{1,60}?))? at (?P<hour>\d{1,2}):(?P<minute>\d{2})"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """``days``: weekdays of a week from 0 for Monday, or the one day of a month; empty for that of the beginning."""

    number: int
    unit: str
    days: tuple[int, ...]
    at: time

    @property
    def text(self) -> str:
        """The rule in one spelling."""
        on = ""
        if self.unit == "week" and self.days:
            on = f" on {','.join(WEEKDAYS[day] for day in self.days)}"
        elif self.days:
            on = f" on {'last' if self.days[0] > 31 else self.days[0]}"
        unit = self.unit if self.number == 1 else f"{self.unit}s"
        return f"{self.number} {unit}{on} at {self.at:%H:%M}"

    def times_from(self, start: datetime, first: date) -> Iterator[datetime]:
        """Local times from ``start`` on, counted from the day ``first``."""
        for day in self._days_from(max(start.date(), first), first):
            found = datetime.combine(day, self.at)
            if found >= start:
                yield found

    def _days_from(self, day: date, first: date) -> Iterator[date]:
        if self.unit == "day":
            rest = (day - first).days % self.number
            day += timedelta(days=(self.number - rest) % self.number)
            while day.year < LAST_YEAR:
                yield day
                day += timedelta(days=self.number)
        elif self.unit == "week":
            yield from self._weekdays_from(day, first)
        else:
            yield from self._month_days_from(day, first)

    def _weekdays_from(self, day: date, first: date) -> Iterator[date]:
        monday = first - timedelta(days=first.weekday())
        week = (day - monday).days // 7
        week -= week % self.number
        while (beginning := monday + timedelta(weeks=week)).year < LAST_YEAR:
            for weekday in self.days or (first.weekday(),):
                if (found := beginning + timedelta(days=weekday)) >= day:
                    yield found
            week += self.number

    def _month_days_from(self, day: date, first: date) -> Iterator[date]:
        beginning = first.year * 12 + first.month - 1
        passed = day.year * 12 + day.month - 1 - beginning
        month = beginning + passed - passed % self.number
        while month // 12 < LAST_YEAR:
            year, index = divmod(month, 12)
            last = calendar.monthrange(year, index + 1)[1]
            found = date(year, index + 1, min(self.days[0] if self.days else first.day, last))
            if found >= day:
                yield found
            month += self.number


def parse(text: str) -> Rule:
    """:class:`UserError` says what is wrong."""
    match = _FORM.fullmatch(" ".join(text.lower().split()))
    if match is None:
        raise UserError(f"calendar: {text[:60]!r} is not understood", field=FIELD, hint=HINT)
    number, unit = int(match["number"] or 1), match["unit"]
    hour, minute = int(match["hour"]), int(match["minute"])
    if not 1 <= number <= LONGEST[unit] or hour > 23 or minute > 59:
        raise UserError(f"calendar: {text[:60]!r} is out of bounds", field=FIELD, hint=HINT)
    return Rule(number, unit, _days(unit, match["on"]), time(hour, minute))


def _days(unit: str, on: str | None) -> tuple[int, ...]:
    if on is None:
        return ()
    words = [word.strip() for word in on.split(",")]
    if unit == "week" and all(word[:3] in WEEKDAYS for word in words):
        return tuple(sorted({WEEKDAYS.index(word[:3]) for word in words}))
    if unit == "month" and words == ["last"]:
        return (32,)
    if unit == "month" and len(words) == 1 and words[0].isdigit() and 1 <= int(words[0]) <= 31:
        return (int(words[0]),)
    raise UserError(f"calendar: {on!r} is no day of a {unit}", field=FIELD, hint=HINT)
