"""A clock that is set and a machine that slept are noticed, and which due times were missed by that."""

from __future__ import annotations

from frontends.schedules.clock_watch import ClockWatch, Look

HOUR = 3_600_000


class Clocks:
    def __init__(self) -> None:
        self.wall = 1_800_000_000_000
        self.steady = 5_000

    def passes(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.steady += milliseconds

    def watch(self) -> ClockWatch:
        return ClockWatch(lambda: self.wall, lambda: self.steady)


def test_time_that_passes_is_no_jump() -> None:
    clocks = Clocks()
    watch, start = clocks.watch(), clocks.wall
    for _ in range(100):
        clocks.passes(20_000)
        clocks.wall += 3  # as clocks are kept right
        assert watch.look() == Look(start, 0)


def test_an_hour_forward_was_missed_and_the_time_awake_was_not() -> None:
    clocks = Clocks()
    watch, start = clocks.watch(), clocks.wall
    clocks.passes(8_000)
    clocks.wall += HOUR
    clocks.passes(4_000)
    assert watch.look() == Look(start + HOUR, HOUR)
    clocks.passes(60_000)
    assert watch.look() == Look(start + HOUR, 0), "from then on it goes on"


def test_a_suspend_of_days_is_a_jump() -> None:
    """The clock that nobody sets stands still meanwhile."""
    clocks = Clocks()
    watch = clocks.watch()
    clocks.wall += 72 * HOUR
    assert watch.look().jumped_ms == 72 * HOUR


def test_an_hour_back_is_noticed() -> None:
    clocks = Clocks()
    watch, start = clocks.watch(), clocks.wall
    clocks.passes(10_000)
    clocks.wall -= HOUR
    assert watch.look() == Look(start - HOUR, -HOUR)
