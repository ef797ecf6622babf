"""The day and the month of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Periods:
    """The day (``2027-01-31``) and month (``2027-01``) that a moment lies in, and when the next ones begin (UTC ms)."""

    day: str
    day_ends: int
    month: str
    month_ends: int

    def ends(self, kind: str) -> int:
        """When the day or the month is over."""
        return self.day_ends if kind == "day" else self.month_ends


def periods(now: int, zone: tzinfo = UTC) -> Periods:
    """Of a moment in UTC epoch milliseconds, by the clocks of ``zone``."""
    day = datetime.fromtimestamp(now // 1000, zone).date()
    next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Periods(
        day.isoformat(),
        _begins(day + timedelta(days=1), zone),
        day.isoformat()[:7],
        _begins(next_month, zone),
    )


def _begins(day: date, zone: tzinfo) -> int:
    """Its midnight; where the clocks skip that, the moment at which they do."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000
