"""The days on which clocks are set: times that do not exist, times that come twice, and what follows the hours."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from daemon.schedules.timetable import Timetable

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
SPRING = {BERLIN: "2026-03-29", NEW_YORK: "2026-03-08", LORD_HOWE: "2026-10-04"}
AUTUMN = {BERLIN: "2026-10-25", NEW_YORK: "2026-11-01", LORD_HOWE: "2026-04-05"}
IN_GAP = {BERLIN: "02:30", NEW_YORK: "02:30", LORD_HOWE: "02:15"}
AFTER_GAP = {
    BERLIN: "2026-03-29T03:00:00+02:00",
    NEW_YORK: "2026-03-08T03:00:00-04:00",
    LORD_HOWE: "2026-10-04T02:30:00+11:00",
}
IN_OVERLAP = {BERLIN: "02:30", NEW_YORK: "01:30", LORD_HOWE: "01:45"}
TWICE = {
    BERLIN: ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"],
    NEW_YORK: ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"],
    LORD_HOWE: ["2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"],
}


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def table_of(kind: str, time: str, zone: str, **policies: Any) -> Timetable:
    hour, minute = time.split(":")
    expression = f"{int(minute)} {int(hour)} * * *" if kind == "cron" else f"1 day at {time}"
    anchor = ms(datetime(2026, 1, 1, tzinfo=UTC))
    return Timetable(kind=kind, expression=expression, time_zone=zone, anchor_at=anchor, **policies)  # type: ignore[arg-type]


def on_day(table: Timetable, day: str) -> list[str]:
    """The due times of one local day."""
    middle = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=table.zone)
    found = []
    for due in table.after(ms(middle) - 30 * 3_600_000):
        if due.at > ms(middle) + 30 * 3_600_000:
            break
        found.append(table.shown(due.at))
    return [each for each in found if each.startswith(day)]


@pytest.mark.parametrize("kind", ["cron", "calendar"])
@pytest.mark.parametrize("zone", SPRING)
def test_a_time_that_does_not_exist_is_the_first_moment_after_the_gap(kind: str, zone: str) -> None:
    assert on_day(table_of(kind, IN_GAP[zone], zone), SPRING[zone]) == [AFTER_GAP[zone]]


@pytest.mark.parametrize("kind", ["cron", "calendar"])
@pytest.mark.parametrize("zone", SPRING)
def test_a_time_that_does_not_exist_can_be_skipped(kind: str, zone: str) -> None:
    table = table_of(kind, IN_GAP[zone], zone, gap="skip")
    assert on_day(table, SPRING[zone]) == []
    assert len(on_day(table, SPRING[zone][:-2] + "20")) == 1, "on any other day it is there"


@pytest.mark.parametrize("kind", ["cron", "calendar"])
@pytest.mark.parametrize("zone", AUTUMN)
def test_a_time_that_comes_twice_is_due_the_first_time(kind: str, zone: str) -> None:
    assert on_day(table_of(kind, IN_OVERLAP[zone], zone), AUTUMN[zone]) == TWICE[zone][:1]


@pytest.mark.parametrize("kind", ["cron", "calendar"])
@pytest.mark.parametrize("zone", AUTUMN)
def test_a_time_that_comes_twice_can_be_due_both_times(kind: str, zone: str) -> None:
    assert on_day(table_of(kind, IN_OVERLAP[zone], zone, overlap="both"), AUTUMN[zone]) == TWICE[zone]


@pytest.mark.parametrize("zone", [*SPRING, "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize(("expression", "minutes"), [("0 * * * *", 60), ("*/30 * * * *", 30), ("30 0-23 * * *", 60)])
@pytest.mark.parametrize("days", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_what_comes_by_the_hour_has_no_gap_and_no_double(
    zone: str, expression: str, minutes: int, days: dict[str, str]
) -> None:
    table = Timetable(kind="cron", expression=expression, time_zone=zone)
    start = ms(datetime.fromisoformat(f"{days.get(zone, '2026-03-29')}T00:00").replace(tzinfo=UTC)) - 86_400_000
    found = [due.at for due, _ in zip(table.after(start), range(72 * 60 // minutes), strict=False)]
    steps = {(later - earlier) // 60_000 for earlier, later in pairwise(found)}
    # Clocks of Lord Howe are set by half an hour: by them the full hours are once half an hour nearer or farther.
    assert steps <= ({30, 60, 90} if zone == LORD_HOWE and minutes == 60 else {minutes})
    assert len(set(found)) == len(found)


def test_several_times_in_a_gap_are_one_moment_and_times_that_come_twice_are_in_order() -> None:
    spring = Timetable(kind="cron", expression="0,15,45 2,3 * * *", time_zone=BERLIN)
    assert [each[11:16] for each in on_day(spring, SPRING[BERLIN])] == ["03:00", "03:15", "03:45"]
    autumn = Timetable(kind="cron", expression="15,45 2 * * *", time_zone=BERLIN, overlap="both")
    assert [each[11:22] for each in on_day(autumn, AUTUMN[BERLIN])] == [
        *("02:15:00+02", "02:45:00+02", "02:15:00+01", "02:45:00+01")
    ]


def test_between_the_two_times_the_second_is_next() -> None:
    table = Timetable(kind="cron", expression="30 2 * * *", time_zone=BERLIN, overlap="both")
    between = ms(datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
    due = table.next_after(between)
    assert due is not None
    assert table.shown(due.at) == "2026-10-25T02:30:00+01:00"
    assert due.note


def test_a_day_that_a_zone_left_out_altogether() -> None:
    """Samoa went from 29 to 31 December 2011."""
    table = Timetable(kind="cron", expression="0 9 * * *", time_zone="Pacific/Apia", gap="skip")
    start = ms(datetime(2011, 12, 28, 12, tzinfo=UTC))
    found = [table.shown(due.at)[:10] for due, _ in zip(table.after(start), range(3), strict=False)]
    assert found == ["2011-12-28", "2011-12-29", "2011-12-31"]
