"""``deterministic`` pictures are bit for bit the same, whatever else is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.engine_driver import Driver

Drive = Callable[..., Driver]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_deterministic_picture_is_bit_identical_alone_and_in_a_crowd(
    tiny: dict[str, Path], drive: Drive, dtype: str
) -> None:
    driver, solo = drive(tiny["sd"], dtype=dtype), drive(tiny["sd"], dtype=dtype)
    for number in range(3):
        driver.draw(f"other{number}", steps=3 + number, seed=number)
    driver.draw("exact", steps=5, seed=40, count=2, deterministic=True)
    driver.run()
    solo.draw("exact", steps=5, seed=40, count=2, deterministic=True)
    solo.run()
    assert [p.pixels_sha256 for p in driver.pictures("exact")] == [p.pixels_sha256 for p in solo.pictures("exact")]
    assert all(group == ["exact"] for group in driver.groups if "exact" in group)
    assert driver.pictures("exact")[0].facts["kernel_mode"] == "deterministic"
    assert driver.pictures("other0")[0].facts["kernel_mode"] == "merged"


def test_deterministic_kernels_are_asked_for_those_calls_only(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    (model,) = driver.engine._residency._models.values()
    modes: list[bool] = []
    first_layer = model.pipelines["text_to_image"].unet.conv_in
    first_layer.register_forward_pre_hook(lambda *_: modes.append(torch.are_deterministic_algorithms_enabled()))
    driver.alone("exact", deterministic=True)
    assert set(modes) == {True}
    assert not torch.are_deterministic_algorithms_enabled()
    modes.clear()
    driver.alone("other")
    assert set(modes) == {False}
