"""What the lanes had of the engine, how fast it works, and what is told of each lane."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.errors import BusyError
from daemon.happenings import EngineSpent, EngineWorked, SubmissionRefused
from daemon.service import Submission
from daemon.service.recent import KEPT, Recent
from daemon.service.shares import PACE_SECONDS, Pace, Shares

from ..conftest import Parts


class Moment:
    def __init__(self) -> None:
        self.now = 5_000_000

    def __call__(self) -> int:
        return self.now


def test_shares_are_of_the_last_hour() -> None:
    clock = Moment()
    shares = Shares(clock)
    shares.hear(EngineSpent("folder", 30.0))
    clock.now += 1_800_000
    shares.hear(EngineSpent("interactive", 10.0))
    assert shares.seconds() == {"folder": 30.0, "interactive": 10.0}
    clock.now += 1_860_000
    assert shares.seconds() == {"interactive": 10.0}
    clock.now += 3_600_000
    assert shares.seconds() == {}


def test_the_pace_is_of_the_last_seconds() -> None:
    clock = Moment()
    pace = Pace(clock)
    clock.now += 60_000
    for _ in range(5):
        clock.now += 1000
        pace.hear(EngineWorked(forwards=2, steps=6, busy_seconds=1.0, active=3, parked=0))
    assert pace.now() == (10 / PACE_SECONDS, 30 / PACE_SECONDS, 0.5)
    clock.now += 60_000
    assert pace.now() == (0.0, 0.0, 0.0)


async def test_each_lane_tells_what_waits_and_for_how_long(parts: Parts) -> None:
    for lane in ("folder", "folder", "background"):
        await parts.service.submit(Submission(fields={"prompt": "x"}, owner="cli:1", lane=lane))
        parts.clock.forward(10)
    lanes = {lane.name: lane for lane in (await parts.service.status()).lanes}
    assert list(lanes) == ["interactive", "folder", "scheduled", "background"]
    assert (lanes["folder"].queued, lanes["folder"].oldest_seconds) == (2, 30.0)
    assert (lanes["background"].queued, lanes["background"].oldest_seconds) == (1, 10.0)
    assert (lanes["interactive"].queued, lanes["interactive"].oldest_seconds) == (0, None)
    assert lanes["folder"].share is None
    parts.bus.measure(EngineSpent("folder", 3.0))
    parts.bus.measure(EngineSpent("background", 1.0))
    lanes = {lane.name: lane for lane in (await parts.service.status()).lanes}
    assert (lanes["folder"].share, lanes["background"].share, lanes["interactive"].share) == (0.75, 0.25, 0.0)


async def test_the_overview_shows_who_waits_longest_and_the_last_endings(parts: Parts) -> None:
    ids = []
    for number in range(KEPT + 5):
        receipt = await parts.service.submit(Submission(fields={"prompt": f"{number}"}, owner="cli:1"))
        ids.append(receipt.id)
        parts.clock.forward(1)
    seen = await parts.service.overview(most=3)
    assert [job.id for job in seen.waiting] == ids[:3]
    assert seen.running == ()
    for job_id in ids:
        await parts.service.cancel(job_id)
        await parts.service.cancel(job_id)
    seen = await parts.service.overview()
    assert [ending.job_id for ending in seen.endings] == ids[: -KEPT - 1 : -1]
    assert {ending.state for ending in seen.endings} == {"cancelled"}


def test_the_progress_of_a_job_is_forgotten_with_its_end() -> None:
    from daemon.events import JobChanged, JobProgress

    recent = Recent()
    recent.hear(JobProgress("j", 3, 8))
    assert recent.progress("j") == (3, 8)
    recent.hear(JobChanged("j", "queued", was="running"))
    assert recent.progress("j") is None
    assert recent.endings == []


async def test_many_that_find_no_room_are_refused_with_one_word(build: Callable[..., Parts]) -> None:
    """A folder offers its orders again and again: nobody who watches may drown in that."""
    parts = build(queue={"max_queued": 2})
    submissions = [Submission(fields={"prompt": "x"}, owner="folder:inbox") for _ in range(5)]
    with parts.service.watch() as events:
        with pytest.raises(BusyError):
            await parts.service.submit_many(submissions)
        assert events.take_waiting() == [SubmissionRefused("retryable", "folder", None, 5)]
