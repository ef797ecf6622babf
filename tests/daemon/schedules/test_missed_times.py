"""Which of the times that were missed are made up for, and what becomes of those that are due now."""

from __future__ import annotations

import pytest

from config.errors import UserError
from daemon.schedules import catch_up
from daemon.schedules.verdicts import Room, Verdict, judge

NOW = 1_000_000
MISSED = [100_000, 200_000, 300_000, 400_000]


def told(verdicts: list[Verdict]) -> list[tuple[int, str]]:
    return [(each.due, each.what) for each in verdicts]


def room(**given: int) -> Room:
    return Room(**{"in_flight": 0, "waiting": 0, "most_in_flight": 1, **given})


@pytest.mark.parametrize(
    ("text", "made_up"),
    [
        ("none", []),
        ("one", [400_000]),
        ("all:1", [400_000]),
        ("all:3", [200_000, 300_000, 400_000]),
        ("all:1000", MISSED),
        ("within:10m", [400_000]),
        ("within:1s", []),
    ],
)
def test_each_policy_makes_up_for_its_newest(text: str, made_up: list[int]) -> None:
    policy = catch_up.parse(text)
    assert catch_up.chosen(MISSED, NOW, policy) == made_up
    verdicts = judge(MISSED, [], NOW, policy, room())
    assert [each.due for each in verdicts] == MISSED, "every time is recorded"
    assert [each.due for each in verdicts if each.what == "waiting"] == made_up
    assert all(each.why for each in verdicts)


@pytest.mark.parametrize("text", ["", "all", "all:0", "all:1001", "all:-1", "two", "within:", "within:1y", "all:x"])
def test_other_policies_are_refused(text: str) -> None:
    with pytest.raises(UserError) as refused:
        catch_up.parse(text)
    assert refused.value.field == "catch_up"


def test_what_is_made_up_for_waits_and_is_never_skipped_and_what_is_due_then_is_skipped() -> None:
    verdicts = judge(MISSED, [900_000, 950_000], NOW, catch_up.parse("all:2"), room(in_flight=1))
    assert told(verdicts)[2:] == [
        (300_000, "waiting"),
        (400_000, "waiting"),
        (900_000, "skipped"),
        (950_000, "skipped"),
    ]


def test_a_time_that_is_due_runs_when_there_is_room() -> None:
    live = [1, 2, 3]
    assert told(judge([], live, NOW, catch_up.parse("one"), room())) == [(1, "run"), (2, "skipped"), (3, "skipped")]
    assert told(judge([], live, NOW, catch_up.parse("one"), room(most_in_flight=2, in_flight=1))) == [
        (1, "run"),
        (2, "skipped"),
        (3, "skipped"),
    ]
    assert [each.what for each in judge([], live, NOW, catch_up.parse("one"), room(most_in_flight=9))] == ["run"] * 3
    assert told(judge([], [1], NOW, catch_up.parse("one"), room(waiting=1))) == [(1, "skipped")]


def test_no_more_runs_than_are_left() -> None:
    policy = catch_up.parse("all:10")
    assert [each.what for each in judge(MISSED, [5], NOW, policy, room(runs_left=2, most_in_flight=9))] == [
        *("missed", "missed", "waiting", "waiting")
    ]
    assert told(judge([], [1, 2, 3], NOW, policy, room(runs_left=2, most_in_flight=9))) == [(1, "run"), (2, "run")]


def test_no_more_wait_than_may() -> None:
    verdicts = judge(MISSED, [], NOW, catch_up.parse("all:1000"), room(waiting=catch_up.MOST - 1))
    assert [each.what for each in verdicts] == ["missed", "missed", "missed", "waiting"]
