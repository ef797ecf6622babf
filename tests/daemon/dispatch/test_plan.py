"""Whether anything is claimed at all, decided without any process."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from daemon.dispatch.plan import may_claim, most
from daemon.fairness.board import spare


@dataclass(frozen=True)
class Held:
    alone: bool = False


def test_an_engine_is_filled_whatever_it_holds() -> None:
    assert may_claim([], capacity=8, recording=0)
    assert may_claim([Held()] * 40, capacity=8, recording=0), "which job has room is asked later"


def test_an_accused_job_has_the_engine_to_itself() -> None:
    assert not may_claim([Held(alone=True)], capacity=8, recording=0)


def test_nothing_is_started_while_recording_is_far_behind() -> None:
    assert may_claim([], capacity=8, recording=17)
    assert not may_claim([], capacity=8, recording=18)


@given(st.integers(1, 256))
def test_one_claim_fills_any_engine(capacity: int) -> None:
    assert most(capacity) >= 4 * (capacity + spare(capacity))
