"""Days and months begin exactly when they do where the operator lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.quotas.periods import periods


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "zone", "day", "ends", "month_ends"),
    [
        ("2026-11-26T23:59:59.999Z", "UTC", "2026-11-26", "2026-11-27T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-11-27T00:00:00.000Z", "UTC", "2026-11-27", "2026-11-28T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-12-31T22:59:59.999Z", "Europe/Berlin", "2026-12-31", "2026-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
        ("2026-12-31T23:00:00.000Z", "Europe/Berlin", "2027-01-01", "2027-01-01T23:00:00Z", "2027-01-31T23:00:00Z"),
        # Days of 23 and of 25 hours.
        ("2026-03-29T10:00:00Z", "Europe/Berlin", "2026-03-29", "2026-03-29T22:00:00Z", "2026-03-31T22:00:00Z"),
        ("2026-10-25T00:30:00Z", "Europe/Berlin", "2026-10-25", "2026-10-25T23:00:00Z", "2026-10-31T23:00:00Z"),
        # A day that begins at one o'clock: there was no midnight.
        ("2018-11-04T02:59:59Z", "America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z", "2018-12-01T02:00:00Z"),
        ("2018-11-04T03:00:00Z", "America/Sao_Paulo", "2018-11-04", "2018-11-05T02:00:00Z", "2018-12-01T02:00:00Z"),
        # A day that there was not.
        ("2011-12-30T09:59:59Z", "Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31", "2011-12-31T10:00:00Z", "2011-12-31T10:00:00Z"),
        ("2028-02-29T12:00:00Z", "UTC", "2028-02-29", "2028-03-01T00:00:00Z", "2028-03-01T00:00:00Z"),
    ],
)
def test_a_moment_lies_in_its_day_and_month(moment: str, zone: str, day: str, ends: str, month_ends: str) -> None:
    found = periods(ms(moment), ZoneInfo(zone))
    assert (found.day, found.month) == (day, day[:7])
    assert (found.day_ends, found.month_ends) == (ms(ends), ms(month_ends))


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 1)),
    st.sampled_from(sorted(available_timezones() - {"localtime"})),
)
def test_each_moment_is_before_the_end_of_its_periods_and_that_end_is_in_the_next(naive: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    now = int(naive.replace(tzinfo=UTC).timestamp() * 1000)
    found = periods(now, zone)
    assert now < found.day_ends <= now + 50 * 3_600_000
    assert found.day_ends <= found.month_ends
    assert periods(found.day_ends - 1, zone).day == found.day
    assert periods(found.day_ends, zone).day > found.day
    assert periods(found.month_ends - 1, zone).month == found.month
    assert periods(found.month_ends, zone).month > found.month
    assert datetime.fromtimestamp(now / 1000, zone).date().isoformat() == found.day
    assert timedelta(milliseconds=found.month_ends - now) <= timedelta(days=32)
