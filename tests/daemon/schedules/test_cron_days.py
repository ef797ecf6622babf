"""Cron text means what crontab(5) says it means: the table of cases on which other calculators go wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from config.errors import UserError
from daemon.schedules import cron
from daemon.schedules.timetable import Timetable

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def at(text: str) -> int:
    """Milliseconds of a UTC time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def local_times(expression: str, zone: str, start: str, count: int) -> list[datetime]:
    """The next due times as clocks in the zone show them."""
    table = Timetable(kind="cron", expression=cron.checked(expression), time_zone=zone)
    return [datetime.fromisoformat(table.shown(due.at)) for due in islice(table.after(at(start)), count)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 9 * * 0", {"Sun"}),
        ("0 9 * * 7", {"Sun"}),
        ("0 9 * * sun", {"Sun"}),
        ("0 9 * * 1-5", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("0 9 * * mon-fri", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("0 9 * * sat,sun", {"Sat", "Sun"}),
        ("0 9 * * 6,7", {"Sat", "Sun"}),
        ("0 9 * * 1", {"Mon"}),
    ],
)
def test_weekday_digits_are_those_of_cron(zone: str, expression: str, days: set[str]) -> None:
    found = local_times(expression, zone, "2026-02-01T00:00", 3 * len(days))
    assert {WEEKDAYS[each.weekday()] for each in found} == days
    assert {(each.hour, each.minute) for each in found} == {(9, 0)}
    assert len({each.date() for each in found}) == len(found)


def test_of_two_day_fields_either_is_enough() -> None:
    """The 13th, or a Friday: not only Friday the 13th."""
    found = local_times("0 9 13 * fri", "UTC", "2026-11-01T00:00", 6)
    assert [each.day for each in found] == [6, 13, 20, 27, 4, 11]
    found = local_times("0 9 13 * 5", "Europe/Berlin", "2026-12-12T00:00", 2)
    assert [(each.day, WEEKDAYS[each.weekday()]) for each in found] == [(13, "Sun"), (18, "Fri")]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 0 L * *", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("0 0 LW * *", ["2026-01-30", "2026-02-27", "2026-03-31"]),
        ("0 0 * * 5#2", ["2026-01-09", "2026-02-13", "2026-03-13"]),
        ("0 0 * * 5L", ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ("0 0 29 2 *", ["2028-02-29", "2032-02-29", "2036-02-29"]),
    ],
)
def test_last_and_nth_days(expression: str, days: list[str]) -> None:
    found = local_times(expression, "UTC", "2026-01-01T00:30", 3)
    assert [each.date().isoformat() for each in found] == days


@pytest.mark.parametrize(
    ("alias", "expression"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@Annually", "0 0 1 1 *"),
    ],
)
def test_aliases(alias: str, expression: str) -> None:
    assert cron.checked(alias) == expression


@pytest.mark.parametrize(
    "text",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "0 24 * * *", "0 0 31 2 *", "0 0 * * 8", "@reboot", "@"),
        *("a b c d e", "0 0 * * mon-", "*/0 * * * *", "x" * 10_000, "0 0 0 * *", "? * * * *", "-1 * * * *"),
        *("\u0663 * * * *", "0 0 30 2 *"),
    ],
)
def test_nonsense_is_refused_in_words(text: str) -> None:
    with pytest.raises(UserError) as refused:
        cron.checked(text)
    assert refused.value.field == "cron"
    assert refused.value.message.startswith("cron: ")
    assert refused.value.hint
    assert len(refused.value.message) < 300


def test_it_is_explained() -> None:
    table = Timetable(kind="cron", expression="0 9 * * 1-5", time_zone="Europe/Berlin")
    assert table.explained() == "At 09:00 on Monday through Friday (Europe/Berlin)"
