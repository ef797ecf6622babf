"""The parts of learning, each alone: Muon, averages, budget, noise, the pool."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from pipeline.starter.training import budget, ema, noise
from pipeline.starter.training.muon import Muon, orthogonalised
from pipeline.starter.training.optimiser import Group, Optimiser, inner_matrices
from pipeline.starter.training.pool import Pool
from pipeline.starter.training.stages.clip import contrast
from pipeline.starter.training.workshop import Workshop

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 8, 40), (2, 40, 8)])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3])
def test_muon_brings_singular_values_near_one(shape: tuple[int, int, int], scale: float) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(1)) * scale

    values = torch.linalg.svdvals(orthogonalised(matrices))

    assert values.max() < 1.3
    assert values.mean() == pytest.approx(1.0, abs=0.2)
    assert values.median() > 0.6
    before = torch.linalg.svdvals(matrices / scale)
    assert before.max() > 2 * values.max()


def test_muon_leaves_matrices_of_zeros_alone() -> None:
    assert torch.equal(orthogonalised(torch.zeros(1, 4, 6)), torch.zeros(1, 4, 6))


def test_a_step_of_muon_has_the_size_of_one_of_adam() -> None:
    weight = nn.Parameter(torch.zeros(64, 32, 3, 3))
    weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(2))

    Muon([weight]).step(0.01)

    assert weight.detach().pow(2).mean().sqrt() == pytest.approx(0.01 * 0.2, rel=0.25)


def test_muon_descends() -> None:
    wanted = torch.randn(12, 8, generator=torch.Generator().manual_seed(3))
    weight = nn.Parameter(torch.zeros(12, 8))
    optimiser = Optimiser([Group((nn.Parameter(torch.zeros(1)),))], [weight])
    first = (weight - wanted).pow(2).mean().item()
    for _ in range(60):
        optimiser.step((weight - wanted).pow(2).mean(), 0.1)

    assert (weight - wanted).pow(2).mean().item() < 0.1 * first


def test_muon_gets_the_inner_matrices_only() -> None:
    network = nn.ModuleDict(
        {
            "conv_in": nn.Conv2d(4, 8, 3),
            "middle": nn.Linear(8, 8),
            "norm": nn.GroupNorm(2, 8),
            "conv_out": nn.Linear(8, 4),
        }
    )

    (found,) = inner_matrices(network)

    assert isinstance(network["middle"], nn.Linear)
    assert found is network["middle"].weight


def test_averages_follow_quickly_at_first_and_slowly_later() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = ema.Average(network)
    before = network.weight.detach().clone()
    with torch.no_grad():
        network.weight.add_(1)
    average.update(0)

    assert torch.allclose(average.network.weight, before + 1 - ema.decay(0))
    assert ema.decay(0) == 0.5
    assert ema.decay(10**6) == ema.LONGEST


def test_a_budget_runs_once_started_and_adds_up_over_runs() -> None:
    now = [100.0]
    within = budget.Budget(10, lambda: now[0], spent=4)
    now[0] = 150.0
    assert within.spent == 4
    within.start()
    now[0] = 153.0
    assert within.spent == 7


def test_the_rate_rises_holds_and_falls() -> None:
    def share(step: int, spent: float) -> float:
        return budget.rate_share(step, spent, warmup_steps=10, floor=0.05, hold=0.2)

    assert share(0, 0.0) == pytest.approx(0.1)
    assert share(20, 0.1) == share(20, 0.2) == 1.0
    assert share(99, 0.6) == pytest.approx(0.5)
    assert share(99, 1.0) == share(99, 1.5) == 0.05


def test_the_last_timestep_is_pure_noise_and_v_leads_back() -> None:
    alphas = noise.alphas(torch.device("cpu"))
    assert alphas[-1] == 0
    assert alphas[0] > 0.99
    generator = torch.Generator().manual_seed(1)
    clean, added = (torch.randn(3, 4, 2, 2, generator=generator) for _ in range(2))
    timesteps = torch.tensor([0, 500, 999])

    blurred, v = noise.blurred(clean, timesteps, added, alphas)

    assert torch.equal(blurred[2], added[2])
    kept = alphas[timesteps].view(-1, 1, 1, 1)
    assert torch.allclose(kept.sqrt() * blurred - (1 - kept).sqrt() * v, clean, atol=1e-5)


def pool_of(shop: Workshop, drawn: int) -> Pool:
    first = Pool.start(drawn, 8, 2)
    made = Pool(8, 2, shop.scenes("pool", 2, first), first, shop.encode)
    made.fill(drawn)
    return made


def test_a_pool_can_be_filled_again_as_it_was(shop: Workshop) -> None:
    one = pool_of(shop, 0)
    for _ in range(3):
        one.refresh()
    again = pool_of(shop, one.drawn)

    drawn = [pool.draw(16, torch.Generator().manual_seed(4)) for pool in (one, again)]

    assert one.drawn == again.drawn == 7
    assert torch.equal(drawn[0][0], drawn[1][0])
    assert torch.equal(drawn[0][1], drawn[1][1])
    fresh = pool_of(shop, 0).draw(16, torch.Generator().manual_seed(4))
    assert not torch.equal(drawn[0][0], fresh[0])


def test_latents_of_scenes_have_a_variance_of_about_one(shop: Workshop) -> None:
    latents = shop.encode(next(shop.scenes("variance", 8)), 0)

    assert latents.shape == (8, 4, 8, 8)
    assert 0.3 < latents.var() < 3


def test_scenes_come_in_order_from_any_number_on(shop: Workshop) -> None:
    from_the_start = shop.scenes("order", 2)
    next(from_the_start)

    assert torch.equal(next(from_the_start)[1], next(shop.scenes("order", 2, 1))[1])


def test_the_same_caption_elsewhere_in_the_batch_is_not_wrong() -> None:
    scores = torch.tensor([[9.0, 9.0], [9.0, 9.0]])
    same, different = torch.tensor([[1, 2], [1, 2]]), torch.tensor([[1, 2], [1, 3]])

    assert contrast(scores, same) == pytest.approx(0.0, abs=1e-4)
    assert contrast(scores, different) == pytest.approx(0.693, abs=1e-3)


def test_other_processes_make_the_same_scenes_in_the_same_order(shop: Workshop) -> None:
    helped = dataclasses.replace(shop, options=dataclasses.replace(shop.options, workers=2))
    alone, together = shop.scenes("order", 2), helped.scenes("order", 2)

    for _ in range(5):
        one, other = next(alone), next(together)
        assert all(torch.equal(a, b) for a, b in zip(one[0], other[0], strict=True))
        assert torch.equal(one[1], other[1])
