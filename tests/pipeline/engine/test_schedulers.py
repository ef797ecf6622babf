"""Samplers by name: each draws, or says why it can't."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.engine_driver import Driver

from config.errors import UserError
from pipeline import schedulers as names
from pipeline.engine import schedulers
from pipeline.messages import Drawn

Drive = Callable[..., Driver]
REFUSED = {"DPM++ 2M SDE Karras", "DPM++ 3M SDE Karras", "IPNDM"}
"""Looked at on the starter: dark blotches, and no picture at all."""


def _expected_to_draw(name: str) -> bool:
    spec = names.SCHEDULERS[name]
    return not spec.flow and name not in REFUSED and _installed(spec.requires)


def _installed(package: str | None) -> bool:
    import importlib.util

    return package is None or importlib.util.find_spec(package) is not None


@pytest.mark.slow
def test_every_sampler_draws_with_the_starter_or_is_refused_with_the_reason(starter_folder: Path, drive: Drive) -> None:
    driver = drive(starter_folder, dtype="bfloat16")
    for name in names.SCHEDULERS:
        driver.draw(name, scheduler=name, steps=3, width=64, height=64)
    driver.run()
    drawn = {each.job for each in driver.of(Drawn)}
    assert drawn == {name for name in names.SCHEDULERS if _expected_to_draw(name)}
    for each in driver.of(Drawn):
        pixels = np.frombuffer(each.pixels, np.uint8)
        assert pixels.std() > 1, each.job  # what is not finite comes out black
    for name in set(names.SCHEDULERS) - drawn:
        failed = driver.failure(name)
        assert (failed.kind, failed.field) == ("user", "scheduler"), (name, failed)
        assert "DPM++ 2M" in (failed.hint or ""), name


def test_a_refused_pair_names_what_works() -> None:
    config = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "_class_name": "DDIMScheduler"}
    with pytest.raises(UserError) as caught:
        schedulers.build("DPM++ 2M SDE Karras", config, object)
    assert caught.value.field == "scheduler"
    assert "blotches" in caught.value.message
    assert "Euler a" in str(caught.value.hint)


def test_the_models_own_noise_schedule_is_kept_and_its_switches_are_not() -> None:
    config = {
        "_class_name": "EulerDiscreteScheduler",
        "beta_start": 0.001,
        "beta_end": 0.02,
        "use_karras_sigmas": True,
        "prediction_type": "v_prediction",
        "timestep_spacing": "trailing",
    }
    built = schedulers.build("DPM++ 2M", config, object)
    assert type(built).__name__ == "DPMSolverMultistepScheduler"
    assert (built.config.beta_start, built.config.prediction_type) == (0.001, "v_prediction")
    assert built.config.use_karras_sigmas is False
    assert schedulers.build("DPM++ 2M Karras", config, object).config.use_karras_sigmas is True


def test_euler_means_the_flow_sampler_for_a_flow_model(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["flux"])
    assert driver.alone("one", scheduler="Euler").facts["scheduler_class"] == "FlowMatchEulerDiscreteScheduler"
    driver.draw("two", scheduler="DDIM")
    driver.run()
    assert (driver.failure("two").kind, driver.failure("two").field) == ("user", "scheduler")


def test_a_picture_records_the_sampler_with_all_its_options(tiny: dict[str, Path], drive: Drive) -> None:
    facts = drive(tiny["sd"]).alone("one", scheduler="dpmpp_2m_karras").facts
    assert facts["scheduler_class"] == "DPMSolverMultistepScheduler"
    options = json.loads(str(facts["scheduler_options"]))
    assert options["use_karras_sigmas"] is True
    assert options["beta_schedule"] == "scaled_linear"


def test_the_samplers_random_numbers_follow_the_seed_alone(tiny: dict[str, Path], drive: Drive) -> None:
    """An ancestral sampler draws noise at every step: company must not change it."""
    driver, solo = drive(tiny["sd"]), drive(tiny["sd"])
    for job, seed in (("one", 5), ("two", 6)):
        driver.draw(job, scheduler="Euler a", seed=seed, deterministic=True)
    driver.run()
    for job, seed in (("one", 5), ("two", 6)):
        assert (
            solo.alone(job, scheduler="Euler a", seed=seed, deterministic=True).pixels == driver.pictures(job)[0].pixels
        )
