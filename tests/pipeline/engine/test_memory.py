"""Memory runs out: for a merged forward, for one picture, for a decode, for a model."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from support.engine_driver import Driver, levels_apart, limit_denoiser, relative_difference, seat_of

from pipeline.engine import local
from pipeline.engine.loading import key_of
from pipeline.engine.residency import NARROW_SECONDS, Residency
from pipeline.engine.step_batching.rendezvous import Kind
from pipeline.messages import Drawn, Finished, Loaded, Loading, ModelPlace

Drive = Callable[..., Driver]

FULL = "CUDA out of memory. Tried to allocate 12.00 GiB."


def small_device(monkeypatch: pytest.MonkeyPatch, elements: int) -> list[list[int]]:
    """Every denoiser that is loaded from now on gets memory for latents of so many elements only; what it computed."""
    load, computed = local.loading.load, list[list[int]]()

    def limited(*arguments: Any) -> Any:
        model = load(*arguments)
        computed.append(limit_denoiser(model, elements))
        return model

    monkeypatch.setattr(local.loading, "load", limited)
    return computed


LATENTS = 4 * 16 * 16
"""Of the starter at 128 pixels: one row."""


def test_a_picture_whose_guidance_does_not_fit_is_drawn_row_by_row(
    starter_folder: Path, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    solo = drive(starter_folder).alone("one", width=128, height=128)
    computed = small_device(monkeypatch, LATENTS)
    driver = drive(starter_folder)
    drawn = driver.alone("one", width=128, height=128)
    assert driver.ended("one") == ["Finished"]
    assert [set(sizes) for sizes in computed] == [{LATENTS}]
    assert drawn.facts["low_memory"] is True
    assert "low_memory" not in solo.facts
    assert levels_apart(drawn, solo) <= 128, "the decode was tiled too"


def test_a_forward_in_rows_is_the_forward_itself(
    starter_folder: Path, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = drive(starter_folder)
    whole.alone("one", width=128, height=128)
    small_device(monkeypatch, LATENTS)
    parts = drive(starter_folder)
    parts.alone("one", width=128, height=128)
    assert relative_difference(parts.latents[("one", 0)], whole.latents[("one", 0)]) < 1e-4


def test_only_the_job_that_does_not_fit_is_drawn_again_and_the_others_come_out_as_ever(
    starter_folder: Path, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Result: the large one fits in parts, its neighbours were parked meanwhile and are bit for bit what they are."""
    small = [f"small {number}" for number in range(3)]
    alone = drive(starter_folder)
    for number, job in enumerate(small):
        alone.alone(job, seed=number, deterministic=True)
    small_device(monkeypatch, LATENTS)
    driver = drive(starter_folder)
    driver.draw("large", width=128, height=128, urgency=0)
    for number, job in enumerate(small):
        driver.draw(job, seed=number, deterministic=True)
    driver.run()
    assert [driver.ended(job) for job in ("large", *small)] == [["Finished"]] * 4
    assert driver.pictures("large")[0].facts["low_memory"] is True
    for job in small:
        assert driver.pictures(job)[0].pixels_sha256 == alone.pictures(job)[0].pixels_sha256
        assert "low_memory" not in driver.pictures(job)[0].facts


def test_a_decode_that_does_not_fit_is_done_in_tiles(
    starter_folder: Path, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    solo = drive(starter_folder).alone("one", width=256, height=256)
    driver = drive(starter_folder)
    driver.alone("warm")
    (model,) = driver.engine._residency._models.values()
    vae = model.pipelines["text_to_image"].vae
    decoder, sizes = vae.decoder.forward, list[int]()

    def small(latents: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if latents.shape[-1] > 16:
            raise torch.OutOfMemoryError(FULL)
        sizes.append(latents.shape[-1])
        return decoder(latents, *args, **kwargs)

    monkeypatch.setattr(vae.decoder, "forward", small)
    before = (vae.use_tiling, vae.use_slicing, vae.tile_latent_min_size)
    drawn = driver.alone("one", width=256, height=256)
    assert len(sizes) >= 4
    assert drawn.facts["low_memory"] is True
    assert (vae.use_tiling, vae.use_slicing, vae.tile_latent_min_size) == before, "others are decoded as ever"
    assert drawn.pixels != solo.pixels
    difference = sum(abs(a - b) for a, b in zip(drawn.pixels, solo.pixels, strict=True)) / len(solo.pixels)
    assert difference < 12, "tiles show, the picture is the same"


def test_a_decode_that_did_not_fit_costs_no_step(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"])
    real = driver.engine._serving.alone

    def once(call: Any, **options: Any) -> Any:
        if call.seat.kind is Kind.DECODE and not options["low_memory"]:
            return local.Outcome(error=torch.OutOfMemoryError(FULL))
        return real(call, **options)

    monkeypatch.setattr(driver.engine._serving, "alone", once)
    drawn = driver.alone("one", steps=4)
    assert driver.kinds == ["denoise"] * 4 + ["decode"] * 2
    assert drawn.facts["low_memory"] is True


def test_a_decode_that_fits_in_no_way_is_the_jobs_own_fault_and_is_not_drawn_for_again(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"])
    _no_memory_for(Kind.DECODE, driver, monkeypatch)
    driver.draw("one", steps=4)
    driver.run()
    assert driver.kinds == ["denoise"] * 4 + ["decode"] * 2
    assert (driver.failure("one").kind, driver.failure("one").field) == ("user", "width")


def test_a_job_that_begins_again_has_all_its_time_once_more(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    driver = drive(tiny["sd"], clock=lambda: now[0])
    real, denoised = driver.engine._serving.alone, list[bool]()

    def slow(call: Any, **options: Any) -> Any:
        if call.seat.kind is Kind.DENOISE:
            now[0] += 20.0
            denoised.append(options["low_memory"])
            if denoised == [False] * 4:
                return local.Outcome(error=torch.OutOfMemoryError(FULL))
        return real(call, **options)

    monkeypatch.setattr(driver.engine._serving, "alone", slow)
    driver.draw("one", steps=4, deadline_seconds=110.0)
    driver.run()
    assert driver.ended("one") == ["Finished"]
    assert denoised == [False] * 4 + [True] * 4


def test_a_job_that_does_not_fit_beside_another_model_is_tried_another_time(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"], resident_models=2)
    driver.draw("neighbour", model=tiny["flux"], steps=20)
    driver.run(steps=3)
    _no_memory_for(Kind.DENOISE, driver, monkeypatch)
    driver.draw("one")
    driver.run()
    failed = driver.failure("one")
    assert failed.kind == "retryable"
    assert "beside another model" in failed.message
    assert driver.ended("neighbour") == ["Finished"]


def test_pictures_that_were_finished_before_memory_ran_out_are_not_sent_twice(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"], max_batch=1)
    driver.alone("warm")
    real = driver.engine._serving.alone

    def once(call: Any, **options: Any) -> Any:
        one_is_drawn = any(each.job == "two" for each in driver.of(Drawn))
        if one_is_drawn and call.seat.kind is Kind.DENOISE and not options.get("low_memory"):
            return local.Outcome(error=torch.OutOfMemoryError(FULL))
        return real(call, **options)

    monkeypatch.setattr(driver.engine._serving, "alone", once)
    driver.draw("two", count=3)
    driver.run()
    assert driver.ended("two") == ["Finished"]
    assert [picture.index for picture in driver.pictures("two")] == [0, 1, 2]
    assert ["low_memory" in picture.facts for picture in driver.pictures("two")] == [False, True, True]


def test_a_size_of_group_that_did_not_fit_is_never_tried_again(
    starter_folder: Path, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(starter_folder)
    driver.alone("warm")
    (model,) = driver.engine._residency._models.values()
    seat, refused = seat_of(model), list[int]()
    real = seat.run

    def small(*args: Any, **kwargs: Any) -> Any:
        rows = (args[0] if args else kwargs["sample"]).shape[0]
        if rows > 4:
            refused.append(rows)
            raise torch.OutOfMemoryError(FULL)
        return real(*args, **kwargs)

    object.__setattr__(seat, "run", small)
    for wave in range(3):
        for number in range(4):
            driver.draw(f"job {wave}.{number}", seed=number)
        driver.run()
    assert len(driver.of(Finished)) == 13
    assert refused == [8]
    assert not any("low_memory" in drawn.facts for drawn in driver.of(Drawn)), "no neighbour is to blame"


def test_nothing_of_a_failed_attempt_stays_in_memory(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"])
    driver.alone("warm")
    kept: list[weakref.ref[torch.Tensor]] = []
    (model,) = driver.engine._residency._models.values()
    seat = seat_of(model)

    def full(*args: Any, **kwargs: Any) -> Any:
        activations = torch.zeros(1000)
        kept.append(weakref.ref(activations))
        raise torch.OutOfMemoryError(FULL)

    object.__setattr__(seat, "run", full)
    for number in range(3):
        driver.draw(f"large {number}")
    driver.run()
    gc.collect()
    assert [driver.failure(f"large {number}").kind for number in range(3)] == ["user"] * 3
    assert len(kept) >= 6
    assert not any(reference() is not None for reference in kept)
    assert driver.engine._jobs == {}


def test_a_model_that_does_not_fit_beside_an_idle_one_gets_its_place(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"], resident_models=2)
    _one_at_a_time(monkeypatch, driver)
    driver.alone("one")
    driver.draw("two", model=tiny["flux"])
    driver.run()
    assert driver.ended("two") == ["Finished"]
    assert [each.model for each in driver.of(Loaded)] == ["sd", "flux"]
    assert len(driver.engine._residency._models) == 1


def test_a_model_that_does_not_fit_beside_one_in_use_waits_for_it(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(tiny["sd"], resident_models=2)
    _one_at_a_time(monkeypatch, driver)
    driver.draw("one", steps=6)
    driver.run(steps=3)
    driver.draw("two", model=tiny["flux"])
    driver.run()
    assert [message.job for message in driver.of(Finished)] == ["one", "two"]
    assert len(driver.of(Loading)) <= 3, "it is not tried again and again meanwhile"


def test_a_want_of_memory_for_models_is_not_remembered_for_ever() -> None:
    now = [0.0]
    models = Residency(2, lambda place: cast(Any, SimpleNamespace(key=key_of(place))), lambda: now[0])
    first, second = (ModelPlace(name=name, path=name, family="", sha256="0") for name in ("a", "b"))
    in_use = {models.load(first, ()).key}
    models.no_more_than_now()
    assert not models.has_room(in_use)
    now[0] = NARROW_SECONDS
    assert models.has_room(in_use)
    models.load(second, in_use)
    assert models.get(first) is not None


def test_a_model_that_never_fits_is_said_to_its_jobs_and_the_others_go_on(
    tiny: dict[str, Path], drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = local.loading.load

    def load(place: Any, *rest: Any) -> Any:
        if place.name == "flux":
            raise torch.OutOfMemoryError(FULL)
        return real(place, *rest)

    monkeypatch.setattr(local.loading, "load", load)
    driver = drive(tiny["sd"])
    driver.draw("large", model=tiny["flux"])
    driver.draw("other")
    driver.run()
    failed = driver.failure("large")
    assert (failed.kind, failed.field) == ("user", "model")
    assert "the model flux does not fit" in failed.message
    assert driver.ended("other") == ["Finished"]


def _one_at_a_time(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
    """Memory for one model."""
    real = local.loading.load

    def load(*arguments: Any) -> Any:
        if driver.engine._residency._models:
            raise torch.OutOfMemoryError(FULL)
        return real(*arguments)

    monkeypatch.setattr(local.loading, "load", load)


def _no_memory_for(kind: Kind, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory runs out for each call of this kind that a model of the Stable Diffusion family makes."""
    real = driver.engine._serving.alone

    def full(call: Any, **options: Any) -> Any:
        denoiser = type(call.seat.module).__name__
        if call.seat.kind is kind and denoiser != "FluxTransformer2DModel":
            return local.Outcome(error=torch.OutOfMemoryError(FULL))
        return real(call, **options)

    monkeypatch.setattr(driver.engine._serving, "alone", full)
