"""kill -9 of the daemon and of the engine at random moments, on the real daemon with the fake engine."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from support import broken_daemon
from support.storm import Storm

SEED = int(os.environ.get("STORM_SEED", "20"))
BROKEN_DAEMON = (sys.executable, "-P", broken_daemon.__file__)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifteen_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Result: every acknowledged job has exactly one result; no torn and no orphan file is left."""
    storm = Storm(tmp_path / "state", jobs=54, kills=15, seed=SEED)
    assert storm.rage() == []
    assert len(storm.acknowledged) == 54
    assert storm.jobs_hit() >= 7, "the kills must hit jobs, or they prove nothing"


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_a_thousand_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """``STORM_KILLS`` sets another number."""
    kills = int(os.environ.get("STORM_KILLS", "1000"))
    storm = Storm(tmp_path / "state", jobs=5 * kills // 2, kills=kills, seed=SEED + 1)
    assert storm.rage(6 * kills) == []
    assert len(storm.acknowledged) == 5 * kills // 2
    assert storm.jobs_hit() >= kills // 2


STORMS = 3
"""Kills come at random, so one short storm may by chance pass over a broken promise; three hardly ever do."""


def noticed(
    path: Path, sign: str, broken: str, *, jobs: int, kills: int, seconds: float = 300.0, **storm: float
) -> bool:
    """Whether one of the storms over a broken daemon finds a problem that matches ``sign``."""
    for number in range(STORMS):
        raging = Storm(
            *(path / str(number), jobs, kills, SEED + number),
            command=BROKEN_DAEMON,
            environment={"BROKEN": broken},
            **storm,
        )
        if any(re.search(sign, problem) for problem in raging.rage(seconds)):
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("broken", "sign"), [("delete_on_claim", "is lost"), ("row_before_file", "is missing")])
def test_the_harness_notices_a_broken_promise(tmp_path: Path, broken: str, sign: str) -> None:
    assert noticed(tmp_path, sign, broken, jobs=24, kills=5, engine_share=0.2, longest_seconds=0.5)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_jobs_that_a_second_owner_takes_away_are_recorded_once(tmp_path: Path) -> None:
    """Whatever takes running jobs away while they are drawn, the late results of lost attempts count for nothing."""
    storm = Storm(
        *(tmp_path / "state", 8, 1, SEED), command=BROKEN_DAEMON, environment={"BROKEN": "usurper"}, engine_share=0.5
    )
    assert storm.rage() == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_harness_notices_a_missing_fence(tmp_path: Path) -> None:
    """Result: jobs end twice."""
    assert noticed(
        tmp_path, r"ended \d+ times|has pictures", "usurper,no_fence", jobs=8, kills=1, seconds=60, engine_share=0.5
    )
