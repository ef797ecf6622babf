"""What is claimed next, decided without any process."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from daemon.dispatch.plan import Claim, next_claim, spare

LANES = ("interactive", "folder", "scheduled", "background")


@dataclass(frozen=True)
class Held:
    urgency: int = 3
    alone: bool = False


def plan(held: list[Held], *, capacity: int = 8, recording: int = 0) -> Claim | None:
    return next_claim(held, capacity=capacity, recording=recording, lanes=LANES)


def test_an_idle_engine_is_filled_from_every_lane_and_a_little_beyond() -> None:
    assert plan([]) == Claim(lanes=LANES, limit=8 + spare(8), engine_idle=True)


def test_a_partly_filled_engine_is_topped_up() -> None:
    assert plan([Held()] * 7) == Claim(lanes=LANES, limit=3, engine_idle=False)


def test_an_engine_full_of_background_jobs_still_takes_more_urgent_ones() -> None:
    assert plan([Held(urgency=3)] * 10) == Claim(lanes=LANES[:3], limit=10, engine_idle=False)


def test_an_engine_full_of_folder_jobs_takes_interactive_ones_only() -> None:
    assert plan([Held(urgency=1)] * 10) == Claim(lanes=LANES[:1], limit=10, engine_idle=False)


def test_an_engine_full_of_interactive_jobs_takes_nothing() -> None:
    assert plan([Held(urgency=0)] * 10) is None


def test_an_accused_job_has_the_engine_to_itself() -> None:
    assert plan([Held(urgency=3, alone=True)]) is None


def test_nothing_is_started_while_recording_is_far_behind() -> None:
    assert plan([], recording=17) is not None
    assert plan([], recording=18) is None


def test_an_engine_that_draws_one_at_a_time_gets_its_next_job_early() -> None:
    assert plan([Held(urgency=0)], capacity=1) == Claim(lanes=LANES, limit=1, engine_idle=False)
    assert plan([Held(urgency=0)] * 2, capacity=1) is None


@given(st.integers(1, 16), st.lists(st.sampled_from(range(4)), max_size=80), st.data())
def test_no_flood_of_any_lane_overfills_the_engine(capacity: int, urgencies: list[int], data: st.DataObject) -> None:
    """Whatever comes, no lane ever has more jobs on board than capacity and spare."""
    held: list[Held] = []
    for urgency in urgencies:
        claim = plan(held, capacity=capacity)
        if claim is None:
            break
        if LANES[urgency] in claim.lanes:
            held += [Held(urgency)] * data.draw(st.integers(0, claim.limit))
    for lane in range(4):
        assert sum(job.urgency == lane for job in held) <= capacity + spare(capacity)


@given(st.integers(1, 16), st.lists(st.builds(Held, st.sampled_from(range(1, 4))), max_size=80))
def test_a_person_is_never_kept_out_by_less_urgent_jobs(capacity: int, held: list[Held]) -> None:
    claim = plan(held, capacity=capacity)
    assert claim is not None
    assert "interactive" in claim.lanes
