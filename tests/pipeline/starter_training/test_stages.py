"""Each stage with tiny networks on the CPU: it learns, stops, goes on, and leaves what the libraries load."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline

from pipeline.models import checks
from pipeline.starter.training import checkpoint, course, light, model_folder
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.stages import clip, control, denoiser, plan
from pipeline.starter.training.stages.teaching import Stop, Surroundings, teach
from pipeline.starter.training.stages.training import Training
from pipeline.starter.training.workshop import Workshop

pytestmark = pytest.mark.engine
DEVICE = torch.device("cpu")


class Ticking:
    """A lesson around another that lets a second pass at each step; its clock is the only one."""

    def __init__(self, lesson: Any, breaks_at: int | None = None) -> None:
        self._lesson = lesson
        self._breaks_at = breaks_at
        self.now = 0.0

    @property
    def drawn(self) -> int:
        return int(self._lesson.drawn)

    def warm_up(self, stop: Stop) -> None:
        self._lesson.warm_up(stop)

    def loss(self, step: int, generator: torch.Generator) -> torch.Tensor:
        if self.now == self._breaks_at:
            raise KeyboardInterrupt
        self.now += 1
        loss = self._lesson.loss(step, generator)
        assert isinstance(loss, torch.Tensor)
        return loss


Make = Callable[[Workshop, plan.Plan], tuple[Training, Callable[[int], Any]]]


def denoising(shop: Workshop, planned: plan.Plan) -> tuple[Training, Callable[[int], Any]]:
    training = denoiser.training(shop)
    return training, lambda drawn: denoiser.Denoising(shop, planned, training, "unet", drawn)


def matching(shop: Workshop, planned: plan.Plan) -> tuple[Training, Callable[[int], Any]]:
    training = clip.training(shop, denoiser.networks(shop)["text"])
    return training, lambda drawn: clip.Matching(shop, planned, training, drawn)


def following(shop: Workshop, planned: plan.Plan) -> tuple[Training, Callable[[int], Any]]:
    made = {name: each.requires_grad_(False) for name, each in denoiser.networks(shop).items()}
    training = control.training(shop, made["unet"])
    frozen = (made["text"], made["unet"])
    return training, lambda drawn: control.Following(shop, planned, training, frozen, drawn)


def run(shop: Workshop, make: Make, out: Path, seconds: float, breaks_at: int | None = None) -> Training:
    """Steps of a second each, a checkpoint every two; the run may die at a step."""
    planned = plan.Plan(seconds, 1e-3, batch=4, warmup_steps=2, scenes=8, checkpoint_seconds=2, report_steps=1)
    training, lesson = make(shop, planned)
    ticking: list[Ticking] = []

    def ticked(drawn: int) -> Ticking:
        ticking.append(Ticking(lesson(drawn), breaks_at))
        return ticking[0]

    around = Surroundings(out, True, lambda _: None, clock=lambda: ticking[0].now)
    teach("unet", planned, training, ticked, around)
    return training


@pytest.mark.parametrize("make", [denoising, matching, following])
def test_a_stage_that_was_killed_goes_on_bit_for_bit(shop: Workshop, make: Make, tmp_path: Path) -> None:
    """
    1. A stage takes six steps at one go.
    2. The same stage dies at its fourth step; its last checkpoint is of the second. It is started again.
    Result: weights, averages, optimiser, random numbers and loss are the same to the last bit.
    """
    whole = run(shop, make, tmp_path / "whole", 6)
    with pytest.raises(KeyboardInterrupt):
        run(shop, make, tmp_path / "killed", 6, breaks_at=3)
    resumed = run(shop, make, tmp_path / "killed", 6)

    assert whole.step == resumed.step == 6
    one, other = whole.tensors(), resumed.tensors()
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []
    fresh = make(shop, plan.TINY["unet"])[0].tensors()
    assert any(not torch.equal(one[name], fresh[name]) for name in fresh if name.startswith("network."))


def first_latents(shop: Workshop, training: Training) -> tuple[torch.Tensor, torch.Tensor]:
    """The first pool of a run, and what its generator gives first."""
    lesson = denoiser.Denoising(shop, plan.TINY["unet"], training, "unet", 0)
    lesson.warm_up(lambda: False)
    pool = lesson._pool._latents
    assert pool is not None
    return pool, torch.rand(4, generator=training.generator)


def test_a_run_from_carried_weights_sees_other_scenes_and_noise(shop: Workshop, tmp_path: Path) -> None:
    """
    1. A run of two steps; another of two steps from what the first carried; a third from what the second carried.
    Result: the three see different scenes and random numbers, and the second goes on with its own after a stop.
    """
    begun = denoiser.training(shop)
    seen = [first_latents(shop, begun)]
    for name in ("one", "two"):
        begun.step = 2
        light.write(tmp_path / name, begun.networks, {"step": begun.step, "earlier": begun.earlier})
        begun = denoiser.training(shop, tmp_path / name)
        seen.append(first_latents(shop, begun))

    for one, other in itertools.combinations(seen, 2):
        assert not any(torch.equal(*each) for each in zip(one, other, strict=True))
    resumed = denoiser.training(shop)
    resumed.restore(begun.tensors(), 1, begun.earlier)
    assert torch.equal(first_latents(shop, resumed)[0], seen[2][0])


def test_a_budget_that_is_spent_is_not_spent_again_and_a_longer_one_is_gone_on_with(
    shop: Workshop, tmp_path: Path
) -> None:
    assert run(shop, matching, tmp_path, 3).step == 3
    assert run(shop, matching, tmp_path, 3).step == 3
    assert run(shop, matching, tmp_path, 5).step == 5


def test_the_denoiser_learns(shop: Workshop, tmp_path: Path) -> None:
    """On few scenes, with many steps: the error of v falls well below that of saying nothing, which is about 1."""
    planned = plan.Plan(24, 3e-3, batch=16, warmup_steps=5, scenes=8)
    training, lesson = denoising(shop, planned)
    taught = Ticking(lesson(0))
    teach("unet", planned, training, lambda _: taught, Surroundings(tmp_path, False, print, clock=lambda: taught.now))

    assert training.step == 24
    assert float(training.loss) < 0.95


def test_the_clip_learns(shop: Workshop, tmp_path: Path) -> None:
    planned = plan.Plan(40, 3e-3, batch=16, warmup_steps=5)
    training, lesson = matching(shop, planned)
    taught = Ticking(lesson(0))
    said: list[str] = []
    around = Surroundings(tmp_path, False, said.append, clock=lambda: taught.now)
    teach("clip", dataclasses.replace(planned, report_steps=10), training, lambda _: taught, around)

    losses = [float(line.partition("loss ")[2].partition(",")[0]) for line in said if "step" in line and "loss" in line]
    assert losses[-1] < losses[0] - 0.2


def test_a_loss_that_is_no_number_leaves_the_sound_checkpoint(shop: Workshop, tmp_path: Path) -> None:
    run(shop, matching, tmp_path, 2)
    training, lesson = matching(shop, plan.TINY["clip"])
    taught = Ticking(lesson(0))
    taught.loss = lambda *_: next(training.networks["clip"].parameters()).sum() * float("nan")  # type: ignore[method-assign]
    clock = iter(range(100))
    around = Surroundings(tmp_path, True, print, clock=lambda: float(next(clock)))

    with pytest.raises(TrainingError, match="no number"):
        teach("unet", dataclasses.replace(plan.TINY["clip"], seconds=9), training, lambda _: taught, around)

    assert checkpoint.read(tmp_path / "checkpoints" / "unet.safetensors")[1]["step"] == 2


def test_an_earlier_run_is_not_overwritten_unasked(shop: Workshop, tmp_path: Path) -> None:
    run(shop, matching, tmp_path, 2)
    training, lesson = matching(shop, plan.TINY["clip"])

    with pytest.raises(TrainingError, match="--resume"):
        teach("unet", plan.TINY["clip"], training, lesson, Surroundings(tmp_path, False, print))


def test_a_checkpoint_of_other_networks_is_refused(shop: Workshop, tmp_path: Path) -> None:
    run(shop, matching, tmp_path, 2)

    with pytest.raises(TrainingError, match="other networks"):
        run(shop, denoising, tmp_path, 3)


@pytest.fixture(scope="module")
def trained(shop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four stages, a moment each."""
    out = tmp_path_factory.mktemp("out")
    plans = {stage: dataclasses.replace(each, seconds=0.2) for stage, each in plan.TINY.items()}
    assert course.run(shop, plans, plan.NAMES, Surroundings(out, False, lambda _: None))
    return out


def test_every_stage_leaves_a_checkpoint_and_weights_to_carry(trained: Path) -> None:
    assert {file.stem for file in (trained / "checkpoints").iterdir()} == set(plan.NAMES)
    assert {folder.name for folder in (trained / "light").iterdir()} == set(plan.NAMES)
    for stage in plan.NAMES:
        assert checkpoint.read(trained / "checkpoints" / f"{stage}.safetensors")[1]["step"] > 0


def test_the_trained_folder_is_a_model_that_diffusers_loads_and_draws_with(trained: Path) -> None:
    folder = trained / model_folder.MODEL
    assert checks.check(folder) == []
    pipe: Any = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)

    (picture,) = pipe("a ball on a white background", num_inference_steps=2, guidance_scale=4.0).images

    assert picture.size == (64, 64)
    assert pipe.scheduler.config.prediction_type == "v_prediction"
    assert pipe.scheduler.config.rescale_betas_zero_snr


def test_the_folder_tells_what_it_knows_and_nothing_of_where_it_was_made(trained: Path) -> None:
    folder = trained / model_folder.MODEL
    known = json.loads((folder / "subjects.json").read_text())
    card = json.loads((folder / "mezzotint.json").read_text())

    assert known["subjects"] == ["ball", "box", "kite"]
    assert card["defaults"]["width"] == 64
    assert (folder / "clip" / "preprocessor_config.json").is_file()
    assert (folder / "tokenizer" / "vocab.json").is_file()
    for file in trained.rglob("*.json"):
        assert "name_or_path" not in file.read_text(encoding="utf-8")
        assert str(trained.parent) not in file.read_text(encoding="utf-8")


def test_the_control_net_learns_beside_a_unet_with_channels_last(shop: Workshop, trained: Path) -> None:
    pipe = model_folder.load_pipeline(trained, DEVICE)
    training = control.training(shop, pipe.unet)
    lesson = control.Following(shop, plan.TINY["control"], training, (pipe.text_encoder, pipe.unet), 0)
    given: list[torch.Tensor] = [pipe.unet.conv_in.weight]
    training.networks["control"].register_forward_pre_hook(lambda _, seen: given.extend((seen[0], seen[3])))

    lesson.loss(0, training.generator)

    assert len(given) == 3
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in given)


def test_a_later_stage_without_an_earlier_one_is_told(shop: Workshop, tmp_path: Path) -> None:
    for stage in ("polish", "clip", "control"):
        with pytest.raises(TrainingError, match=r"unet|part-0"):
            course.run(shop, plan.TINY, [stage], Surroundings(tmp_path, False, print))


def test_a_stage_that_is_stopped_is_unfinished_and_those_after_it_wait(shop: Workshop, tmp_path: Path) -> None:
    """Before the warm-up, within it, after it, and after some steps: what has learnt nothing leaves nothing."""
    for asked in range(3):
        said: list[str] = []
        answers = itertools.chain([False] * asked, itertools.repeat(True))
        around = Surroundings(tmp_path, False, said.append, functools.partial(next, answers))

        assert not course.run(shop, plan.TINY, plan.NAMES, around)

        assert said[-1].startswith("unet is unfinished")
        assert list(tmp_path.iterdir()) == []

    answers = itertools.chain([False] * 8, itertools.repeat(True))
    around = Surroundings(tmp_path, False, lambda _: None, functools.partial(next, answers), clock=lambda: 0.0)
    assert not course.run(shop, plan.TINY, plan.NAMES, around)
    assert [file.stem for file in (tmp_path / "checkpoints").iterdir()] == ["unet"]
    assert (tmp_path / model_folder.MODEL).is_dir()


def test_going_on_after_everything_is_over_changes_nothing(shop: Workshop, trained: Path) -> None:
    file = trained / model_folder.MODEL / "unet" / "diffusion_pytorch_model.safetensors"
    before = file.read_bytes()
    plans = {stage: dataclasses.replace(each, seconds=0.1) for stage, each in plan.TINY.items()}

    assert course.run(shop, plans, ["unet"], Surroundings(trained, True, lambda _: None))

    assert file.read_bytes() == before


def test_stages_that_are_stopped_at_once_leave_no_folder(shop: Workshop, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained / model_folder.MODEL, tmp_path / model_folder.MODEL)
    shutil.rmtree(tmp_path / model_folder.CLIP)

    for stage in ("clip", "control"):
        assert not course.run(shop, plan.TINY, [stage], Surroundings(tmp_path, False, print, lambda: True))

    assert [folder.name for folder in tmp_path.iterdir()] == [model_folder.MODEL]
    assert not (tmp_path / model_folder.CLIP).exists()


def test_the_first_part_does_not_go_on_once_it_is_polished(shop: Workshop, trained: Path) -> None:
    plans = {**plan.TINY, "unet": dataclasses.replace(plan.TINY["unet"], seconds=60)}
    before = model_folder.origin_of(trained / model_folder.MODEL)

    with pytest.raises(TrainingError, match=r"remove .*polish.safetensors and .*light/polish"):
        course.run(shop, plans, ["unet"], Surroundings(trained, True, lambda _: None))

    assert before["stage"] == "polish"
    assert model_folder.origin_of(trained / model_folder.MODEL) == before


def test_a_kill_after_a_checkpoint_leaves_nothing_stale(shop: Workshop, trained: Path, tmp_path: Path) -> None:
    """
    1. Folders and carried weights are of an earlier step than the checkpoints, or are missing.
    2. The run is begun again, with every budget spent.
    Result: all are those of the checkpoints again.
    """
    out = shutil.copytree(trained, tmp_path / "out")
    weights = [file for file in out.rglob("*.safetensors") if "vae" not in file.parts]
    before = {file: file.read_bytes() for file in weights}
    shutil.rmtree(out / model_folder.CONTROL)
    for folder in (model_folder.MODEL, model_folder.CLIP):
        (out / folder / model_folder.ORIGIN).write_text(json.dumps(model_folder.origin("polish", 0)))
    (out / model_folder.MODEL / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"stale")
    shutil.rmtree(out / "light" / "clip")
    part = out / "light" / "unet" / "part-0.safetensors"
    checkpoint.write(part, {}, {**checkpoint.facts_of(part), "step": 0})

    plans = {stage: dataclasses.replace(each, seconds=0.1) for stage, each in plan.TINY.items()}
    assert course.run(shop, plans, plan.NAMES, Surroundings(out, True, lambda _: None))

    assert [str(file) for file in weights if file.read_bytes() != before[file]] == []


def test_random_weights_leave_the_random_numbers_of_every_device_alone(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded: list[int] = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    before = torch.get_rng_state()

    denoiser.networks(shop)

    assert seeded == []
    assert torch.equal(torch.get_rng_state(), before)
