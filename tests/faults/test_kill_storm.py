"""kill -9 of the daemon and of the engine at random moments, on the real daemon with the fake engine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support import broken_daemon
from support.storm import Storm

SEED = int(os.environ.get("STORM_SEED", "20"))
BROKEN_DAEMON = (sys.executable, "-P", broken_daemon.__file__)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_forty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Result: every acknowledged job has exactly one result; no torn and no orphan file is left."""
    storm = Storm(tmp_path / "state", jobs=150, kills=40, seed=SEED)
    assert storm.rage() == []
    assert len(storm.acknowledged) == 150
    assert storm.jobs_hit() >= 20, "the kills must hit jobs, or they prove nothing"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    storm = Storm(tmp_path / "state", jobs=500, kills=200, seed=SEED + 1)
    assert storm.rage(1200) == []
    assert len(storm.acknowledged) == 500
    assert storm.jobs_hit() >= 100


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("broken", ["delete_on_claim", "row_before_file"])
def test_the_harness_notices_a_broken_promise(tmp_path: Path, broken: str) -> None:
    storm = Storm(
        *(tmp_path / "state", 24, 5, SEED),
        command=BROKEN_DAEMON,
        environment={"BROKEN": broken},
        engine_share=0.2,
        longest_seconds=0.5,
    )
    found = storm.rage()
    expected = "is lost" if broken == "delete_on_claim" else "is missing"
    assert any(expected in problem for problem in found), found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_jobs_that_a_second_owner_takes_away_are_recorded_once(tmp_path: Path) -> None:
    """Whatever takes running jobs away while they are drawn, the late results of lost attempts count for nothing."""
    storm = Storm(
        *(tmp_path / "state", 16, 1, SEED), command=BROKEN_DAEMON, environment={"BROKEN": "usurper"}, engine_share=0.5
    )
    assert storm.rage() == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_harness_notices_a_missing_fence(tmp_path: Path) -> None:
    """Result: jobs end twice."""
    storm = Storm(
        *(tmp_path / "state", 16, 1, SEED),
        command=BROKEN_DAEMON,
        environment={"BROKEN": "usurper,no_fence"},
        engine_share=0.5,
    )
    found = storm.rage(60)
    assert any("ended 2 times" in problem or "has pictures" in problem for problem in found), found
