"""Which pictures have the places of the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from support.engine_driver import Driver

Drive = Callable[..., Driver]


def test_one_job_of_many_pictures_does_not_hold_all_places(tiny: dict[str, Path], drive: Drive) -> None:
    """1. A job of twelve pictures has all four places. 2. Two others come. Result: at once each has one; when they
    are done, the places are its again, and every picture is drawn."""
    driver = drive(tiny["sd"], max_batch=4)
    driver.draw("many", steps=6, count=12)
    driver.run(steps=3)
    assert Counter(driver.groups[-1]) == {"many": 4}
    first = len(driver.groups)
    driver.draw("one", steps=3, seed=50)
    driver.draw("other", steps=3, seed=60)
    driver.run()
    forwards = [Counter(group) for group, kind in zip(driver.groups, driver.kinds, strict=True) if kind == "denoise"]
    beside = [group for group in forwards if group["one"] or group["other"]]
    assert len(beside) <= 4
    assert {"many": 2, "one": 1, "other": 1} in beside
    assert forwards[-1]["many"] >= 2
    assert len(driver.groups) > first
    assert [len(driver.pictures(job)) for job in ("many", "one", "other")] == [12, 1, 1]
