"""One call with little memory: what is taken apart, and what is left whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from support.engine_driver import Driver, relative_difference, seat_of

from pipeline.engine.step_batching import families, thrift
from pipeline.engine.step_batching.forward import Forwards
from pipeline.engine.step_batching.rendezvous import Call, Kind, Seat
from pipeline.engine.step_batching.thread_state import current

Drive = Callable[..., Driver]

CPU = ("cpu",)
BY_ROWS, UNKNOWN = families.Rules(by_rows=True), families.Rules()


class Denoiser:
    """Counts the rows of each of its calls. ``table`` has no batch axis, and by chance as many rows as guidance."""

    def __init__(self, rules: families.Rules, kind: Kind = Kind.DENOISE) -> None:
        self.rows: list[int] = []
        names = ("sample", "table")
        self.seat = Seat("net", kind, torch.nn.Identity(), self._run, names, frozenset({"table"}), rules)

    def _run(self, sample: torch.Tensor, table: torch.Tensor | None = None) -> torch.Tensor:
        self.rows.append(sample.shape[0])
        return sample if table is None else sample + table.sum(0)

    def call(self, *more: Any) -> Call:
        return Call(self.seat, (torch.arange(10.0).reshape(2, 5), *more), {}, current(CPU))


def test_a_denoiser_nobody_knows_is_not_taken_apart() -> None:
    denoiser = Denoiser(UNKNOWN)
    call = denoiser.call(torch.ones(2, 5))
    outcome = Forwards(CPU).alone(call, low_memory=True)
    assert torch.equal(outcome.answer, call.alone())
    assert denoiser.rows == [2, 2]


def test_one_whose_rows_are_known_to_be_apart_is_computed_row_by_row() -> None:
    denoiser = Denoiser(BY_ROWS)
    outcome = Forwards(CPU).alone(denoiser.call(), low_memory=True, deterministic=True)
    assert torch.equal(outcome.answer, denoiser.call().args[0])
    assert denoiser.rows == [1, 1]


@pytest.mark.parametrize(("deterministic", "rows"), [(False, [1, 1]), (True, [2])])
def test_what_was_found_out_in_forwards_before_counts_except_for_a_deterministic_call(
    deterministic: bool, rows: list[int]
) -> None:
    denoiser, forwards = Denoiser(UNKNOWN), Forwards(CPU)
    forwards.together([denoiser.call(), denoiser.call()])
    denoiser.rows.clear()
    forwards.alone(denoiser.call(), low_memory=True, deterministic=deterministic)
    assert denoiser.rows == rows


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_the_rows_of_a_family_that_is_taken_apart_are_those_of_the_whole(
    tiny: dict[str, Path], drive: Drive, family: str
) -> None:
    driver = drive(tiny[family])
    driver.draw("one")
    while not (waiting := [picture.call for job in driver.engine._jobs.values() for picture in job.pictures])[0] or (
        waiting[0].seat.kind is not Kind.DENOISE
    ):
        driver.run(steps=1)
    (call,) = waiting
    assert call is not None
    (model,) = driver.engine._residency._models.values()
    assert seat_of(model).rules.by_rows
    assert call.signature().rows == 2
    with torch.inference_mode():
        whole, parts = call.alone(), thrift.run(call, by_rows=True)
    assert relative_difference(parts[0], whole[0]) < 1e-4


@pytest.mark.parametrize(("latent", "sample"), [(0, 4), (16, 8)])
def test_a_vae_whose_tiles_would_be_smaller_than_a_pixel_is_not_tiled(latent: int, sample: int) -> None:
    vae = SimpleNamespace(use_tiling=False, tile_latent_min_size=latent, tile_sample_min_size=sample)
    seen: list[bool] = []

    def decode(z: torch.Tensor) -> torch.Tensor:
        seen.append(vae.use_tiling)
        return z

    for kind in (Kind.DECODE, Kind.ENCODE):
        seat = Seat("vae", kind, vae, decode, ("z",), frozenset(), UNKNOWN)  # type: ignore[arg-type]
        thrift.run(Call(seat, (torch.ones(1, 4, 32, 32),), {}, current(CPU)), by_rows=False)
    assert seen == [False, False]
    assert (vae.tile_latent_min_size, vae.tile_sample_min_size) == (latent, sample)
