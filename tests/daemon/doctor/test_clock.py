"""The time: believable, kept right, of a zone that is known."""

from __future__ import annotations

import ctypes
import time
from typing import Any

import pytest

from daemon.doctor import clock


def test_a_right_clock_is_well(given: Any, found: Any) -> None:
    settings = given()
    settings.database.touch()
    assert found(clock.check_clock, settings)["clock"].level == "ok"


def test_a_wrong_clock_is_found(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock.time, "time", lambda: 1_000_000_000.0)
    assert found(clock.check_clock, given())["clock"].level == "fail"


def test_a_clock_behind_the_database_is_found(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given()
    settings.database.touch()
    real = time.time()
    monkeypatch.setattr(clock.time, "time", lambda: real - 7200)
    assert found(clock.check_clock, settings)["clock"].level == "warn"


class Kernel:
    """Answers ``adjtimex`` as it is told."""

    def __init__(self, answer: int | None) -> None:
        if answer is not None:
            self.adjtimex = lambda buffer: answer if not any(buffer.raw) else -99


@pytest.mark.parametrize(
    ("answer", "level", "says"),
    [
        (0, "ok", "is synchronised"),
        (5, "warn", "is not synchronised"),
        (-1, "ok", "can't be told"),
        (None, "ok", "can't be told"),
    ],
)
def test_synchronisation_is_asked_of_the_kernel(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch, answer: int | None, level: str, says: str
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Kernel(answer))
    finding = found(clock.check_synchronised, given())["time synchronisation"]
    assert (finding.level, says in finding.detail) == (level, True), finding


def test_this_kernel_answers_or_says_that_it_does_not() -> None:
    assert clock.synchronised() in (True, False, None)


@pytest.mark.parametrize(
    ("zone", "level"), [("Europe/Berlin", "ok"), ("UTC", "ok"), ("CET-1CEST", "ok"), ("No/Such", "warn")]
)
def test_a_zone_nobody_knows_is_found(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch, zone: str, level: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        finding = found(clock.check_time_zone, given())["time zone"]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert finding.level == level
    assert zone in finding.detail
