"""Jobs that are drawn together get what they would have got alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from support.engine_driver import Driver, levels_apart, relative_difference

from pipeline.messages import Progress

Drive = Callable[..., Driver]

MIXED = [
    {"steps": 3, "guidance_scale": 1.0, "prompt": "a red apple"},
    {"steps": 4, "guidance_scale": 4.0, "prompt": "a blue penguin", "negative_prompt": "snow"},
    {"steps": 5, "guidance_scale": 7.5, "prompt": "a castle", "scheduler": "DDIM"},
    {"steps": 6, "guidance_scale": 2.0, "prompt": "a tree", "scheduler": "DPM++ 2M"},
]


def _together(driver: Driver, jobs: list[dict[str, Any]]) -> None:
    for number, fields in enumerate(jobs):
        driver.draw(f"job{number}", seed=number, **fields)
    driver.run()


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_jobs_together_take_as_many_forwards_as_the_longest_and_end_as_alone(
    tiny: dict[str, Path], drive: Drive, family: str
) -> None:
    crowd, solo = drive(tiny[family]), drive(tiny[family])
    _together(crowd, MIXED)
    assert crowd.engine.pulse().forwards == 6
    assert crowd.engine.pulse().steps == 3 + 4 + 5 + 6
    for number, fields in enumerate(MIXED):
        alone = solo.alone(f"job{number}", seed=number, **fields)
        key = (f"job{number}", 0)
        assert relative_difference(crowd.latents[key], solo.latents[key]) < 1e-4
        assert levels_apart(crowd.pictures(key[0])[0], alone) <= 1


def test_a_transformer_with_ids_and_embedded_guidance_is_shared_too(tiny: dict[str, Path], drive: Drive) -> None:
    crowd, solo = drive(tiny["flux"]), drive(tiny["flux"])
    jobs = [{"steps": 2 + number, "guidance_scale": 2.0 + number, "prompt": f"number {number}"} for number in range(3)]
    _together(crowd, jobs)
    assert crowd.engine.pulse().forwards == 4
    for number, fields in enumerate(jobs):
        alone = solo.alone(f"job{number}", seed=number, **fields)
        assert relative_difference(crowd.latents[(f"job{number}", 0)], solo.latents[(f"job{number}", 0)]) < 1e-4
        assert levels_apart(crowd.pictures(f"job{number}")[0], alone) <= 1


def test_the_engine_draws_what_the_plain_pipeline_draws(tiny: dict[str, Path], drive: Drive) -> None:
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(tiny["sd"], local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    generator = torch.Generator("cpu").manual_seed(7)
    with torch.inference_mode():
        image = pipe("a red apple", width=64, height=64, num_inference_steps=4, guidance_scale=5.0, generator=generator)
    drawn = drive(tiny["sd"]).alone("one", steps=4, guidance_scale=5.0, seed=7)
    assert drawn.pixels == image.images[0].tobytes()


def test_pictures_of_one_job_have_the_seeds_that_follow(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.draw("many", count=3, seed=2**32 - 2)
    driver.run()
    assert [each.seed for each in driver.pictures("many")] == [2**32 - 2, 2**32 - 1, 0]
    assert len({each.pixels_sha256 for each in driver.pictures("many")}) == 3
    assert driver.engine.pulse().forwards == 3
    single = drive(tiny["sd"]).alone("single", seed=2**32 - 1)
    assert levels_apart(driver.pictures("many")[1], single) <= 1


def test_different_sizes_take_turns_and_do_not_merge(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.draw("small", steps=4)
    driver.draw("large", steps=4, width=96)
    driver.run()
    forwards = [group for group, kind in zip(driver.groups, driver.kinds, strict=True) if kind == "denoise"]
    assert forwards == [["small"], ["large"]] * 4
    assert (driver.pictures("large")[0].width, driver.pictures("large")[0].height) == (96, 64)


def test_a_stream_of_short_jobs_of_another_size_does_not_hold_up_what_is_begun(
    tiny: dict[str, Path], drive: Drive
) -> None:
    driver = drive(tiny["sd"])
    driver.draw("begun", steps=4)
    driver.run(2)
    newcomers: list[str] = []
    while not driver.ended("begun") and len(newcomers) < 40:
        while len([name for name in newcomers if not driver.ended(name)]) < 2:
            newcomers.append(f"newcomer {len(newcomers)}")
            driver.draw(newcomers[-1], steps=1, width=96)
        driver.run(1)
    assert driver.ended("begun") == ["Finished"]
    assert driver.kinds.count("denoise") <= 2 * 4 + 1


def test_a_job_that_comes_midway_joins_at_the_next_step(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.draw("first", steps=8, seed=3)
    driver.run(steps=5)
    assert driver.groups == [["first"]] * (len(driver.groups))
    driver.draw("second", steps=3, seed=4)
    driver.run(steps=1)
    assert sorted(driver.groups[-1]) == ["first", "second"]
    driver.run()
    assert driver.engine.pulse().forwards == 8
    solo = drive(tiny["sd"])
    for job, steps, seed in (("first", 8, 3), ("second", 3, 4)):
        solo.alone(job, steps=steps, seed=seed)
        assert relative_difference(driver.latents[(job, 0)], solo.latents[(job, 0)]) < 1e-4


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
def test_image_to_image_shares_forwards_with_text_to_image(tiny: dict[str, Path], drive: Drive, family: str) -> None:
    driver, solo = drive(tiny[family]), drive(tiny[family])
    image = solo.alone("picture", seed=9)
    orders: dict[str, dict[str, Any]] = {
        "text": {"steps": 4},
        "image": {"steps": 8, "denoising_strength": 0.5, "image_png": _png(image), "seed": 2},
    }
    for job, fields in orders.items():
        driver.draw(job, **fields)
    driver.run()
    assert driver.engine.pulse().forwards == 4
    assert driver.kinds[0] == "encode"
    for job, fields in orders.items():
        solo.alone(job, **fields)
        assert relative_difference(driver.latents[(job, 0)], solo.latents[(job, 0)]) < 1e-4
    assert max(each.steps for each in driver.of(Progress) if each.job == "image") == 4


def test_strength_zero_keeps_the_input_picture(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    image = driver.alone("picture", seed=9)
    kept = driver.alone("kept", denoising_strength=0.0, image_png=_png(image))
    assert kept.pixels == image.pixels


def test_two_forwards_have_at_most_one_decode_between_them(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    for number in range(4):
        driver.draw(f"short{number}", steps=2)
    driver.draw("long", steps=9)
    driver.run()
    assert "decode,decode" not in ",".join(driver.kinds[: len(driver.kinds) - 1])
    assert driver.kinds.count("decode") == 5


def test_progress_is_told_once_a_step_of_the_job_and_ends_full(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"])
    driver.draw("one", steps=6, scheduler="Heun")
    driver.run()
    assert [(each.step, each.steps) for each in driver.of(Progress)] == [(step, 6) for step in range(1, 7)]


def test_a_preview_is_a_small_picture_of_the_right_shape(tiny: dict[str, Path], drive: Drive) -> None:
    import io

    from PIL import Image

    driver = drive(tiny["sd"])
    driver.alone("first", steps=2)  # the map is learnt from a decoded picture
    driver.draw("watched", steps=12, previews=True, width=128)
    driver.run()
    previews = [each.preview_png for each in driver.of(Progress) if each.preview_png]
    assert 2 <= len(previews) <= 5
    assert Image.open(io.BytesIO(previews[0])).size == (128, 64)


def _png(drawn: Any) -> bytes:
    import io

    from PIL import Image

    data = io.BytesIO()
    Image.frombytes("RGB", (drawn.width, drawn.height), drawn.pixels).save(data, "PNG")
    return data.getvalue()
