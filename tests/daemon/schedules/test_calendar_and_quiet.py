"""Calendar rules, quiet hours, intervals, ends and delays by chance."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from config.errors import UserError
from daemon.schedules import calendar_rule, jitter, quiet_hours, spans, zones
from daemon.schedules.timetable import Timetable


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def shown(kind: str, expression: str, start: str, count: int = 4, **more: Any) -> list[str]:
    usual: dict[str, Any] = {"time_zone": "UTC", "anchor_at": ms("2026-01-01T10:00")}
    table = Timetable(kind=kind, expression=expression, **{**usual, **more})  # type: ignore[arg-type]
    return [table.shown(due.at)[:16] for due in islice(table.after(ms(start)), count)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3 days at 07:30", ["2026-01-04T07:30", "2026-01-07T07:30", "2026-01-10T07:30"]),
        ("day at 9:00", ["2026-01-02T09:00", "2026-01-03T09:00", "2026-01-04T09:00"]),
        ("every 2 weeks at 09:00", ["2026-01-15T09:00", "2026-01-29T09:00", "2026-02-12T09:00"]),
        ("2 weeks on mon,thu at 09:00", ["2026-01-12T09:00", "2026-01-15T09:00", "2026-01-26T09:00"]),
        ("1 week on Sunday at 00:00", ["2026-01-04T00:00", "2026-01-11T00:00", "2026-01-18T00:00"]),
        ("month on 31 at 08:00", ["2026-01-31T08:00", "2026-02-28T08:00", "2026-03-31T08:00"]),
        ("2 months on last at 08:00", ["2026-01-31T08:00", "2026-03-31T08:00", "2026-05-31T08:00"]),
        ("1 month at 08:00", ["2026-02-01T08:00", "2026-03-01T08:00", "2026-04-01T08:00"]),
    ],
)
def test_calendar_rules_count_from_the_day_of_their_beginning(text: str, found: list[str]) -> None:
    rule = calendar_rule.parse(text)
    assert shown("calendar", rule.text, "2026-01-01T10:00", 3) == found
    assert calendar_rule.parse(rule.text) == rule
    assert shown("calendar", rule.text, "2026-01-20T00:00", 1)[0] >= "2026-01-20"


def test_wherever_one_begins_a_calendar_rule_is_the_same() -> None:
    for text in ("3 days at 07:30", "2 weeks on mon,thu at 09:00", "5 months on last at 08:00"):
        whole = shown("calendar", text, "2026-01-01T10:00", 40)
        for place in (3, 17, 38):
            assert shown("calendar", text, whole[place], 1) == whole[place + 1 : place + 2]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "days",
            "0 days at 07:00",
            "2 days at 24:00",
            "2 days at 07:60",
            "2 weeks on 3 at 07:00",
            "week on x at 1:00",
        ),
        *("month on 32 at 07:00", "month on mon at 07:00", "2 days at 7", "9999 days at 07:00", "2 years at 07:00"),
    ],
)
def test_other_rules_are_refused(text: str) -> None:
    with pytest.raises(UserError) as refused:
        calendar_rule.parse(text)
    assert refused.value.field == "calendar"


def test_nothing_is_due_in_quiet_hours() -> None:
    found = shown("cron", "0 */3 * * *", "2026-01-01T00:00", 8, quiet_hours="22:00-07:00")
    assert [each[11:13] for each in found] == ["09", "12", "15", "18", "21", "09", "12", "15"]
    found = shown("every", "1s", "2026-01-01T12:59", 2, quiet_hours="13:00-14:00", anchor_at=ms("2026-01-01T12:58"))
    assert found == ["2026-01-01T12:59"] * 2
    found = shown("every", "30m", "2026-01-01T12:50", 3, quiet_hours="13:00-14:00", anchor_at=ms("2026-01-01T12:00"))
    assert found == ["2026-01-01T14:00", "2026-01-01T14:30", "2026-01-01T15:00"]
    assert shown("cron", "0 3 * * *", "2026-01-01T00:00", quiet_hours="22:00-07:00") == []


@pytest.mark.parametrize("text", ["", "22:00", "22-07", "25:00-07:00", "07:00-07:00", "a-b"])
def test_other_quiet_hours_are_refused(text: str) -> None:
    with pytest.raises(UserError):
        quiet_hours.parse(text)


def test_nothing_is_due_before_the_start_and_after_the_end() -> None:
    bounds = {"starts_at": ms("2026-02-01T00:00"), "ends_at": ms("2026-02-02T12:00")}
    assert shown("cron", "0 */12 * * *", "2026-01-01T00:00", 9, **bounds) == [
        *("2026-02-01T00:00", "2026-02-01T12:00", "2026-02-02T00:00", "2026-02-02T12:00")
    ]
    assert shown("cron", "0 0 * * *", "2026-03-01T00:00", 9, **bounds) == []


def test_one_moment_is_due_once() -> None:
    moment = str(ms("2026-05-01T12:00"))
    assert shown("at", moment, "2026-01-01T00:00") == ["2026-05-01T12:00"]
    assert shown("at", moment, "2026-05-01T12:00") == []


@pytest.mark.parametrize(("text", "found"), [("2s", 2_000), ("5m", 300_000), ("1h", 3_600_000), ("1d", 86_400_000)])
def test_spans(text: str, found: int) -> None:
    assert spans.milliseconds(text, "every") == found


@pytest.mark.parametrize("text", ["0s", "", "5", "1.5h", "-1s", "1y", "999999999w", "\u0663s", "s"])
def test_other_spans_are_refused(text: str) -> None:
    with pytest.raises(UserError) as refused:
        spans.milliseconds(text, "every")
    assert refused.value.field == "every"


def test_a_delay_by_chance_is_bounded_and_the_same_every_time() -> None:
    delays = [jitter.delay_ms("a", due, 5_000) for due in range(0, 1_000_000, 1_000)]
    assert delays == [jitter.delay_ms("a", due, 5_000) for due in range(0, 1_000_000, 1_000)]
    assert min(delays) >= 0
    assert max(delays) <= 5_000
    assert len(set(delays)) > 500
    assert jitter.delay_ms("b", 0, 5_000) != jitter.delay_ms("a", 0, 5_000)
    assert jitter.delay_ms("a", 0, 0) == 0


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "Etc/GMT+2", "America/Argentina/Ushuaia", "Asia/Kathmandu"])
def test_zones_are_known_by_their_names(name: str) -> None:
    assert zones.zone(name).key == name


@pytest.mark.parametrize(
    "name", ["", "+02:00", "UTC+2", "Berlin", "../etc/passwd", "/etc/localtime", "localtime", "posix/UTC", "a" * 5_000]
)
def test_other_zones_are_refused(name: str) -> None:
    with pytest.raises(UserError) as refused:
        zones.zone(name)
    assert refused.value.field == "time_zone"
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("name", ["America/New_York", "UTC"])
def test_the_zone_of_the_machine_has_a_name(name: str) -> None:
    """In a process of its own: it is looked up once."""
    code = "from daemon.schedules import zones; print(zones.of_this_machine())"
    environment = {**os.environ, "TZ": name}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == name
