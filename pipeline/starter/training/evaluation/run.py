"""The whole evaluation of what lies in an output folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from pipeline.starter.training import composer, drawing, edges, model_folder, sheet
from pipeline.starter.training.evaluation import judge, outlines, ranking, report
from pipeline.starter.training.evaluation.encoder import ClipEncoder, Encoder
from pipeline.starter.training.evaluation.naming import Names
from pipeline.starter.training.evaluation.tally import Tally
from pipeline.starter.training.packed import pack
from pipeline.starter.training.scene import Scene
from pipeline.starter.training.workshop import Workshop

Verdicts = Mapping[str, Mapping[str, Tally]]
"""By the kinds of :mod:`report`, then by what is judged."""
AT_ONCE = 100
SHOWN = 8
"""Pictures in a row of the ControlNet's sheet."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is judged. ``seed`` names streams of scenes that no stage learns from."""

    ranked_scenes: int = 2000
    prompts: int = 300
    controlled: int = 64
    seed: int = 1
    manner: drawing.Manner = field(default_factory=drawing.Manner)


def evaluate(workshop: Workshop, out: Path, extent: Extent) -> dict[str, Any]:
    """Everything that is there; writes figures, card and sheets below ``out/evaluation`` and gives the figures."""
    device = workshop.options.device
    pipe = model_folder.load_pipeline(out, device)
    clip = model_folder.load_clip(out, device)
    encoder = ClipEncoder(clip, workshop.tokenizer)
    folder = out / "evaluation"
    networks = {"unet": pipe.unet, "text_encoder": pipe.text_encoder, "vae": pipe.vae, "clip": clip}
    figures: dict[str, Any] = {"stages": report.stages(out), "manner": dataclasses.asdict(extent.manner)}
    figures["choices"] = min(ranking.CHOICES, len(workshop.collection.subjects))
    ranked, drawn = _ranked(workshop, encoder, extent), _drawn(workshop, encoder, pipe, extent, folder)
    figures |= {kind: report.tallies({**ranked[kind], **drawn[kind]}) for kind in report.KINDS}
    if (out / model_folder.CONTROL).is_dir():
        networks["control"] = model_folder.load_control(out, device)
        figures["control"] = _controlled(workshop, pipe, networks["control"], extent, folder)
    figures["parameters"] = {name: sum(each.numel() for each in made.parameters()) for name, made in networks.items()}
    sheet.save(folder / "samples.png", sheet.samples(pipe, extent.manner))
    report.write(folder, figures)
    return figures


def _scenes(workshop: Workshop, purpose: str, count: int, extent: Extent) -> tuple[Scene, ...]:
    return composer.compose_many(workshop.collection, f"evaluation/{extent.seed}/{purpose}", range(count))


def _painted(workshop: Workshop, scenes: Sequence[Scene], side: int | None = None) -> torch.Tensor:
    parts = [scenes[start : start + AT_ONCE] for start in range(0, len(scenes), AT_ONCE)]
    return torch.cat([workshop.paint(pack(part), side).cpu() for part in parts])


def _ranked(workshop: Workshop, encoder: Encoder, extent: Extent) -> Verdicts:
    scenes = _scenes(workshop, "ranking", extent.ranked_scenes, extent)
    pictures = _painted(workshop, scenes, workshop.options.sizes.eye_side)
    captions = [scene.caption.text for scene in scenes]
    found = {"right_caption_first": ranking.judge(encoder, pictures, captions)}
    wrong = {"right_caption_first": ranking.judge(encoder, pictures, [*captions[1:], *captions[:1]])}
    return {"judged": found, "painted": found, "shuffled": wrong}


def _drawn(workshop: Workshop, encoder: Encoder, pipe: Any, extent: Extent, folder: Path) -> Verdicts:
    """Of drawings; of the same scenes painted, which shows what the judges make of the truth; of drawings mixed up."""
    scenes = _scenes(workshop, "prompts", extent.prompts, extent)
    names = Names(workshop.collection, extent.seed)
    prompts = [names.prompt(scene) for scene in scenes]
    seeds = [extent.seed * 1_000_000 + number for number in range(len(scenes))]
    pictures = drawing.draw(pipe, prompts, seeds, extent.manner)
    sheet.save(folder / "prompts.png", pictures[:64])
    return {
        "judged": judge.judge(encoder, names, scenes, pictures),
        "painted": judge.judge(encoder, names, scenes, _painted(workshop, scenes)),
        "shuffled": judge.judge_shuffled(encoder, names, scenes, pictures),
    }


def _controlled(workshop: Workshop, pipe: Any, control: Any, extent: Extent, folder: Path) -> dict[str, float]:
    """The same prompts and seeds with the edges of a scene and without them."""
    scenes = _scenes(workshop, "control", extent.controlled, extent)
    names = Names(workshop.collection, extent.seed)
    prompts = [names.prompt(scene) for scene in scenes]
    painted = _painted(workshop, scenes)
    hints = edges.of(painted)
    seeds = list(range(len(scenes)))
    followed = drawing.draw(
        drawing.with_control(pipe, control), prompts, seeds, extent.manner, hints.to(workshop.options.device)
    )
    free = drawing.draw(pipe, prompts, seeds, extent.manner)
    rows = [each[:SHOWN] for each in (painted, hints * 2 - 1, followed, free)]
    sheet.save(folder / "control.png", torch.cat(rows), columns=len(rows[0]))
    means = {"with": outlines.mean_overlap(followed, hints), "without": outlines.mean_overlap(free, hints)}
    return {name: round(mean, 4) for name, mean in means.items()}
