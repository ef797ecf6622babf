"""What is degraded, since when, and what the log keeps of it."""

from __future__ import annotations

from structlog.testing import capture_logs

from daemon.service import Condition, Conditions


class Moments:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


def test_a_condition_stands_since_its_first_report_with_the_latest_words() -> None:
    clock = Moments()
    conditions = Conditions(clock)
    conditions.report("disk", "10 MiB are free", "frees itself")
    clock.now = 9_000
    conditions.report("disk", "9 MiB are free", "frees itself")
    assert conditions.list() == (Condition("disk", "9 MiB are free", "frees itself", 1_000),)


def test_its_beginning_and_its_end_are_logged_once_each() -> None:
    clock = Moments()
    conditions = Conditions(clock)
    with capture_logs() as lines:
        conditions.clear("disk")
        for free in (10, 9, 8):
            conditions.report("disk", f"{free} MiB are free", "frees itself")
        clock.now = 61_000
        conditions.clear("disk")
        conditions.clear("disk")
    assert [(line["event"], line["part"]) for line in lines] == [("part_degraded", "disk"), ("part_well_again", "disk")]
    assert lines[0]["why"] == "10 MiB are free"
    assert lines[1]["degraded_seconds"] == 60
    assert conditions.list() == ()
