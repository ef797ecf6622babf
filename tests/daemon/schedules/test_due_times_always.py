"""What holds for every expression and every zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from config.errors import UserError
from daemon.schedules import cron
from daemon.schedules.timetable import Timetable

ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/St_Johns"),
    *("Africa/Cairo", "Pacific/Chatham", "Antarctica/Troll", "America/Sao_Paulo"),
)
DAY = 86_400_000


def field(low: int, high: int) -> some.SearchStrategy[str]:
    number = some.integers(low, high)
    span = some.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = some.integers(2, max(2, (high - low) // 2)).map(lambda step: f"*/{step}")
    several = some.lists(number, min_size=1, max_size=3, unique=True).map(lambda found: ",".join(map(str, found)))
    return some.one_of(some.just("*"), several, span, steps)


EXPRESSIONS = some.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map(" ".join)
STARTS = some.datetimes(datetime(2020, 1, 1), datetime(2034, 12, 31)).map(
    lambda naive: int(naive.replace(tzinfo=UTC, microsecond=0).timestamp() * 1000)
)


def checked(expression: str) -> str:
    try:
        return cron.checked(expression)
    except UserError:
        assume(False)
        raise


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS, some.sampled_from(ZONES), STARTS, some.sampled_from(["next", "skip"]), some.booleans())
def test_due_times_ascend_and_never_repeat_wherever_one_begins(
    expression: str, zone: str, start: int, gap: str, both: bool
) -> None:
    table = Timetable(
        kind="cron",
        expression=checked(expression),
        time_zone=zone,
        gap=gap,  # type: ignore[arg-type]
        overlap="both" if both else "first",
    )
    found = [due.at for due in islice(table.after(start), 60)]
    assert all(start < earlier < later for earlier, later in pairwise(found))
    for place in (0, len(found) // 2):
        if place < len(found):
            assert [due.at for due in islice(table.after(found[place]), 5)] == found[place + 1 : place + 6] or (
                len(found) - place - 1 < 5
            )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS, some.sampled_from(ZONES), STARTS)
def test_on_ordinary_days_they_are_the_minutes_that_match(expression: str, zone: str, start: int) -> None:
    start -= start % DAY
    place = ZoneInfo(zone)
    offsets = {datetime.fromtimestamp((start + hours * 3_600_000) / 1000, place).utcoffset() for hours in range(-6, 56)}
    assume(len(offsets) == 1)
    table = Timetable(kind="cron", expression=checked(expression), time_zone=zone)
    found = []
    for due in table.after(start - 1):
        if due.at >= start + 2 * DAY:
            break
        found.append(due.at)
    assert found == scanned(expression, place, start, 2 * DAY)


def scanned(expression: str, zone: ZoneInfo, start: int, length: int) -> list[int]:
    """Every minute, judged by the words of crontab(5)."""
    minute, hour, day, month, weekday = expression.split()
    minutes, hours, days, months = (
        held(text, *span) for text, span in ((minute, (0, 59)), (hour, (0, 23)), (day, (1, 31)), (month, (1, 12)))
    )
    weekdays = {each % 7 for each in held(weekday, 0, 7)}
    both = day.startswith("*") or weekday.startswith("*")
    found = []
    for passed in range(0, length, 60_000):
        now = datetime.fromtimestamp((start + passed) / 1000, UTC).astimezone(zone)
        is_day, is_weekday = now.day in days, now.isoweekday() % 7 in weekdays
        is_date = (is_day and is_weekday) if both else (is_day or is_weekday)
        if now.minute in minutes and now.hour in hours and now.month in months and is_date:
            found.append(start + passed)
    return found


def held(text: str, low: int, high: int) -> set[int]:
    """The numbers of one field."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


@settings(max_examples=100, deadline=None)
@given(
    some.integers(1, 10**6),
    some.integers(0, 10**9),
    some.integers(0, 10**9),
    some.integers(1, 50),
)
def test_an_interval_is_a_grid_from_its_beginning(seconds: int, anchor: int, passed: int, count: int) -> None:
    table = Timetable(kind="every", expression=f"{seconds}s", time_zone="UTC", anchor_at=anchor)
    found = [due.at for due in islice(table.after(anchor + passed), count)]
    step = seconds * 1000
    assert found[0] > anchor + passed
    assert found[0] - step <= max(anchor + passed, anchor)
    assert [each - found[0] for each in found] == [place * step for place in range(count)]
    assert all((each - anchor) % step == 0 and each > anchor for each in found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS, some.sampled_from(ZONES), STARTS, some.integers(1, 40), some.integers(1, 40))
def test_the_newest_are_the_end_of_all(expression: str, zone: str, start: int, days: int, most: int) -> None:
    table = Timetable(kind="cron", expression=checked(expression), time_zone=zone)
    until = start + int(timedelta(days=days).total_seconds() * 1000)
    whole = []
    for due in table.after(start):
        if due.at > until or len(whole) > 20_000:
            break
        whole.append(due.at)
    assume(len(whole) <= 20_000)
    assert [due.at for due in table.newest(start, until, most)] == whole[-most:]
