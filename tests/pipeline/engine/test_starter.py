"""Step batching on real weights: what the design promises, shown with the starter in float32."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.engine_driver import Driver, levels_apart, relative_difference

Drive = Callable[..., Driver]
SUBJECTS = ("apple", "penguin", "castle", "rocket", "tree", "pizza", "car", "star")

pytestmark = pytest.mark.slow


def _jobs() -> dict[str, dict[str, Any]]:
    return {
        f"job{number}": {
            "prompt": f"a {subject} on a blue background",
            "steps": 8 + min(number, 6),
            "guidance_scale": 1.0 + number,
            "seed": 100 + number,
            "scheduler": "DPM++ 2M",
            "width": 128,
            "height": 128,
        }
        for number, subject in enumerate(SUBJECTS)
    }


def test_eight_jobs_take_the_forwards_of_the_longest_and_end_as_alone(starter_folder: Path, drive: Drive) -> None:
    """1. Eight jobs, 8 to 14 steps, each its own guidance and seed, together. 2. Each alone.

    Result: 14 forwards; latents within 1e-4; pictures within one level.
    """
    crowd, solo = drive(starter_folder), drive(starter_folder)
    for job, fields in _jobs().items():
        crowd.draw(job, **fields)
    crowd.run()
    assert crowd.engine.pulse().forwards == 14
    assert crowd.engine.pulse().steps == sum(fields["steps"] for fields in _jobs().values())
    for job, fields in _jobs().items():
        alone = solo.alone(job, **fields)
        assert relative_difference(crowd.latents[(job, 0)], solo.latents[(job, 0)]) < 1e-4
        assert levels_apart(crowd.pictures(job)[0], alone) <= 1


def test_an_interactive_job_starts_within_two_engine_calls_and_the_parked_end_as_alone(
    starter_folder: Path, drive: Drive
) -> None:
    driver, solo = drive(starter_folder), drive(starter_folder)
    background = dict(list(_jobs().items())[:4])
    for job, fields in background.items():
        driver.draw(job, urgency=3, **fields)
    driver.engine._device = type(driver.engine._device)(driver.engine._device.torch, "two slots", 2)
    driver.run(steps=6)
    driver.draw("now", urgency=0, **_jobs()["job7"])
    driver.run(steps=2)
    assert "now" in driver.groups[-1]
    driver.run()
    for job, fields in background.items():
        solo.alone(job, **fields)
        assert relative_difference(driver.latents[(job, 0)], solo.latents[(job, 0)]) < 1e-4


def test_a_deterministic_picture_is_the_same_in_a_crowd_of_real_ones(starter_folder: Path, drive: Drive) -> None:
    driver, solo = (drive(starter_folder, dtype="auto") for _ in range(2))
    exact = {**_jobs()["job3"], "deterministic": True}
    driver.draw("job0", **_jobs()["job0"])
    driver.draw("exact", **exact)
    driver.draw("job1", **_jobs()["job1"])
    driver.run()
    assert driver.pictures("exact")[0].pixels == solo.alone("exact", **exact).pixels
