"""Loading, switching and refusing models."""

from __future__ import annotations

import gc
import json
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.engine_driver import Driver, levels_apart

from config.errors import ConfigurationError
from pipeline.engine import devices, dtypes
from pipeline.messages import Loaded, Loading

Drive = Callable[..., Driver]


def test_jobs_of_two_resident_models_run_beside_each_other(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"], resident_models=2)
    driver.draw("one", steps=4)
    driver.draw("two", steps=4, model=tiny["flux"])
    driver.run()
    forwards = [group for group, kind in zip(driver.groups, driver.kinds, strict=True) if kind == "denoise"]
    assert sorted(map(tuple, forwards)) == [("one",)] * 4 + [("two",)] * 4
    assert [driver.ended(job) for job in ("one", "two")] == [["Finished"]] * 2
    assert len(driver.of(Loaded)) == 2


def test_with_room_for_one_model_the_other_waits_and_the_first_is_let_go(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"], resident_models=1)
    driver.draw("one", steps=4)
    driver.run(steps=3)
    (first,) = driver.engine._residency._models.values()
    gone = weakref.ref(first.pipelines["text_to_image"].unet)
    del first
    driver.draw("two", steps=2, model=tiny["flux"])
    driver.draw("late", steps=2)
    driver.run()
    ends = [message.job for message in driver.sent if type(message).__name__ == "Finished"]
    assert ends == ["one", "two", "late"], (
        "a later job of the loaded model must not pass the one that waits for a model"
    )
    assert [each.model for each in driver.of(Loading)] == ["sd", "flux", "sd"]
    driver.draw("last", steps=2, model=tiny["flux"])
    driver.run()
    gc.collect()
    assert gone() is None


def test_a_folder_without_a_pipeline_fails_its_jobs_and_no_others(
    tiny: dict[str, Path], drive: Drive, tmp_path: Path
) -> None:
    driver = drive(tiny["sd"])
    driver.draw("lost", model=tmp_path / "nothing")
    driver.draw("good")
    driver.run()
    assert driver.failure("lost").kind == "fatal"
    assert "holds no pipeline" in driver.failure("lost").message
    assert driver.ended("good") == ["Finished"]


def test_a_class_that_is_not_a_pipeline_of_diffusers_is_never_looked_up_elsewhere(
    tiny: dict[str, Path], drive: Drive, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny["sd"], folder)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"_class_name": ["evil", "Pipeline"]}))
    (folder / "evil.py").write_text("raise SystemExit('ran')")
    driver = drive(tiny["sd"])
    driver.draw("bad", model=folder)
    driver.run()
    assert driver.failure("bad").kind == "fatal"


def test_weights_that_are_not_safetensors_are_not_read(tiny: dict[str, Path], drive: Drive, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny["sd"], folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    driver = drive(tiny["sd"])
    driver.draw("bad", model=folder)
    driver.run()
    assert driver.failure("bad").kind == "fatal"


def test_a_size_the_model_can_not_draw_is_refused_with_the_nearest(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["flux"])
    driver.draw("odd", width=72)
    driver.run()
    failed = driver.failure("odd")
    assert (failed.kind, failed.field, failed.hint) == ("user", "width", "use 64 or 80")


def test_a_vae_stays_in_float32_among_networks_in_float16(tiny: dict[str, Path], drive: Drive) -> None:
    half, full = drive(tiny["sdxl"], dtype="float16"), drive(tiny["sdxl"])
    drawn = half.alone("one", steps=2)
    (model,) = half.engine._residency._models.values()
    pipe = model.pipelines["text_to_image"]
    assert (pipe.unet.dtype, pipe.vae.dtype) == (torch.float16, torch.float32)
    assert levels_apart(drawn, full.alone("one", steps=2)) <= 40
    again = half.alone("again", steps=4, denoising_strength=0.5, image_png=_png(drawn))
    assert again.width == 64


def test_a_device_that_is_not_there_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ConfigurationError, match="there is no device cuda:9"):
        devices.choose("cuda:9")
    assert devices.choose("cpu").capacity == 8
    assert devices.choose("cpu", 3).capacity == 3


def test_the_settings_precision_wins() -> None:
    assert dtypes.choose("float32", torch.device("cpu")).networks is torch.float32
    assert dtypes.choose("float16", torch.device("cpu")).vae is torch.float32
    assert dtypes.choose("auto", torch.device("cpu")).networks in (torch.float32, torch.bfloat16)


def test_a_picture_records_what_decided_its_pixels(tiny: dict[str, Path], drive: Drive) -> None:
    driver = drive(tiny["sd"], threads=1)
    facts = driver.alone("one", prompt="apple " * 100).facts
    assert facts["prompt_tokens_dropped"] > 0
    assert facts["torch"] == torch.__version__
    assert (facts["device"], facts["dtype"], facts["threads"]) == ("cpu", "float32", 1)
    assert (facts["pipeline"], facts["steps_run"]) == ("StableDiffusionPipeline", 3)
    assert facts["model_sha256"] == "0" * 64
    assert "prompt_tokens_dropped" not in driver.alone("two").facts


def _png(drawn: object) -> bytes:
    import io

    from PIL import Image

    data = io.BytesIO()
    Image.frombytes("RGB", (drawn.width, drawn.height), drawn.pixels).save(data, "PNG")  # type: ignore[attr-defined]
    return data.getvalue()
