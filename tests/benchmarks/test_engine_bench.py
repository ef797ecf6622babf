"""What the step batcher costs one job and gives many, against the plain pipeline: ratios of one run, alternating."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engine import environment

environment.prepare()

pytestmark = [
    pytest.mark.bench,
    pytest.mark.engine,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

STEPS = 8
ROUNDS = 5
TOGETHER = 16
MOST_SECONDS_OF_BARE = 1.10
LEAST_THROUGHPUT_OF_BARE = 0.95


def test_one_job_costs_hardly_more_than_the_plain_pipeline(capsys: pytest.CaptureFixture[str]) -> None:
    bare, engine = _bare(), _engine()
    ratio = _ratio(lambda: bare(1), lambda: engine(1))
    _say(capsys, f"one job, engine / plain pipeline: {ratio:.3f} (at most {MOST_SECONDS_OF_BARE})")
    assert ratio <= MOST_SECONDS_OF_BARE


def test_many_jobs_are_drawn_at_least_as_fast_as_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    bare, engine = _bare(), _engine()
    throughput = 1 / _ratio(lambda: bare(TOGETHER), lambda: engine(TOGETHER), rounds=3)
    _say(capsys, f"{TOGETHER} jobs, throughput of the engine / plain loop: {throughput:.3f}")
    assert throughput >= LEAST_THROUGHPUT_OF_BARE


def _ratio(bare: Callable[[], None], engine: Callable[[], None], rounds: int = ROUNDS) -> float:
    bare(), engine()  # warm
    pairs = [(_seconds(bare), _seconds(engine)) for _ in range(rounds)]
    return statistics.median(engine_seconds / bare_seconds for bare_seconds, engine_seconds in pairs)


def _seconds(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _engine() -> Callable[[int], None]:
    from support.engine_driver import Driver

    from pipeline import starter

    driver = Driver(starter.folder(), dtype="auto", threads=0)

    def draw(count: int) -> None:
        for number in range(count):
            driver.draw(f"job{number}", steps=STEPS, scheduler="DPM++ 2M", seed=number, width=256, height=256)
        driver.run()

    return draw


def _bare() -> Callable[[int], None]:
    import torch
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    from pipeline import starter
    from pipeline.engine import devices, dtypes

    precision = dtypes.choose("auto", devices.choose("cpu").torch)
    pipe: Any = StableDiffusionPipeline.from_pretrained(
        starter.folder(), dtype=precision.networks, local_files_only=True, use_safetensors=True
    )
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)

    def draw(count: int) -> None:
        for number in range(count):
            generator = torch.Generator("cpu").manual_seed(number)
            pipe(
                "a red apple",
                width=256,
                height=256,
                num_inference_steps=STEPS,
                guidance_scale=4.0,
                generator=generator,
            )

    return draw


def _say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        print(f"\n{line}")
