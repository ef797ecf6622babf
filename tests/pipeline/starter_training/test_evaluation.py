"""The judges are right about what is right, and wrong about what is mixed up: so they can fail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from pipeline.starter.training import composer, edges, palette
from pipeline.starter.training.evaluation import background, count, judge, outlines, pair, ranking, report
from pipeline.starter.training.evaluation.naming import Names
from pipeline.starter.training.evaluation.tally import Tally
from pipeline.starter.training.packed import pack
from pipeline.starter.training.scene import Arrangement, Scene
from pipeline.starter.training.workshop import Workshop

pytestmark = pytest.mark.engine
KNOWN = {"red": "ball", "blue": "box", "yellow": "kite"}
FITTED = ((0.5, 0.5), (0.27, 0.3), (0.27, 0.27), (0.27, 0.5))
"""Places where a scene has its first thing."""


class Eye:
    """An encoder that knows the made-up subjects by their colour, in the first place that shows one."""

    def scores(self, pictures: torch.Tensor, captions: Sequence[str]) -> torch.Tensor:
        found = torch.zeros(len(pictures), len(captions))
        for row, picture in enumerate(pictures):
            seen = self._seen(picture)
            for column, caption in enumerate(captions):
                found[row, column] = float(seen in caption or seen.rstrip("x") + "xes" in caption)
        return found

    def _seen(self, picture: torch.Tensor) -> str:
        side = picture.shape[-1]
        for x, y in FITTED:
            colour = palette.nearest(((picture[:, int(y * side), int(x * side)] + 1) / 2).tolist())
            if colour in KNOWN:
                return KNOWN[colour]
        return "nothing"


@pytest.fixture(scope="module")
def scenes(shop: Workshop) -> tuple[Scene, ...]:
    """Those in which the stand-in can tell things from what is behind them."""
    made = composer.compose_many(shop.collection, "judged", range(500))
    clear = ("black", "white", "green", "gray", "pink")
    return tuple(scene for scene in made if scene.tint is None and scene.backdrop.colour in clear)


@pytest.fixture(scope="module")
def pictures(shop: Workshop, scenes: tuple[Scene, ...]) -> torch.Tensor:
    return shop.paint(pack(scenes), 128)


def test_the_judges_find_painted_scenes_right(
    shop: Workshop, scenes: tuple[Scene, ...], pictures: torch.Tensor
) -> None:
    found = judge.judge(Eye(), Names(shop.collection), scenes, pictures)

    assert {name for name, each in found.items() if each.of < 5} == set()
    assert {name for name, each in found.items() if (each.share or 0) < 0.95} == set()


def test_the_judges_find_mixed_up_scenes_wrong(
    shop: Workshop, scenes: tuple[Scene, ...], pictures: torch.Tensor
) -> None:
    """Three subjects, five colours and three numbers leave some right by chance."""
    found = judge.judge_shuffled(Eye(), Names(shop.collection), scenes, pictures)

    assert {name for name, each in found.items() if (each.share or 0) > 0.6} == set()


def test_a_pair_the_other_way_round_is_wrong(shop: Workshop, scenes: tuple[Scene, ...], pictures: torch.Tensor) -> None:
    names = Names(shop.collection)
    pairs = [
        (scene, picture)
        for scene, picture in zip(scenes, pictures, strict=True)
        if scene.arrangement in (Arrangement.BESIDE, Arrangement.STACKED)
    ]
    for scene, picture in pairs:
        flipped = picture.flip(2 if scene.arrangement is Arrangement.BESIDE else 1)
        assert pair.positions(Eye(), names, scene, picture)
        assert pair.positions(Eye(), names, scene, flipped) is False


def test_a_missing_thing_is_missed(scenes: tuple[Scene, ...], pictures: torch.Tensor) -> None:
    rows = [row for row, scene in enumerate(scenes) if scene.arrangement is Arrangement.SEVERAL]
    assert rows
    for row in rows:
        picture = pictures[row].clone()
        last = scenes[row].things[-1]
        left, top = (int((place - last.size / 2) * 128) for place in (last.x, last.y))
        wide = int(last.size * 128) + 2
        picture[:, max(0, top - 1) : top + wide, max(0, left - 1) : left + wide] = picture[:, :1, :1]
        assert count.counted(picture) != len(scenes[row].things)


def test_another_backdrop_is_another_colour(scenes: tuple[Scene, ...], pictures: torch.Tensor) -> None:
    for scene, picture in zip(scenes, pictures, strict=True):
        assert background.judge(scene, picture)
        assert background.judge(scene, -picture) is False or scene.backdrop.colour == "gray"


def test_a_ranking_counts_right_captions_and_twins(shop: Workshop) -> None:
    captions = ["a ball", "a box", "a kite", "a box"]
    names = ["ball", "box", "kite", "box"]
    wanted = {shop.collection.subjects[n].name: n for n in range(3)}
    made = composer.compose_many(shop.collection, "ranked", range(400))
    chosen = [
        next(
            scene
            for scene in made
            if scene.arrangement is Arrangement.ONE
            and scene.tint is None
            and scene.backdrop.colour == "white"
            and scene.things[0].subject == wanted[name]
        )
        for name in names
    ]
    pictures = shop.paint(pack(chosen), 64)

    assert ranking.judge(Eye(), pictures, captions) == Tally(4, 4)
    assert ranking.judge(Eye(), pictures, ["a kite", "a ball", "a box", "a ball"]).right == 0


def test_edges_overlap_with_themselves_and_not_with_others(shop: Workshop, pictures: torch.Tensor) -> None:
    hints = edges.of(pictures)
    assert 0 < hints.flatten(1).any(1).sum() < len(hints), "some things are as bright as what is behind them"

    assert outlines.mean_overlap(pictures, hints) > 0.99
    assert outlines.mean_overlap(pictures.roll(1, 3), hints) > 0.9
    assert outlines.mean_overlap(pictures.roll(1, 0), hints) < 0.5
    assert outlines.overlap(torch.zeros_like(pictures), hints).max() == 0


def test_choices_hold_the_right_name_first_and_others_once(shop: Workshop) -> None:
    choices = Names(shop.collection).among("box", 3)

    assert choices[0] == "box"
    assert sorted(choices) == ["ball", "box", "kite"]


def test_prompts_have_plain_names_and_no_tags(shop: Workshop) -> None:
    names = Names(shop.collection)
    for scene in composer.compose_many(shop.collection, "prompts", range(100)):
        assert "toy" not in names.prompt(scene)


def test_nothing_to_judge_is_no_share() -> None:
    assert Tally.count([None, None]).share is None
    assert Tally.count([True, None, False]) == Tally(1, 2)


def test_the_card_says_what_was_found(tmp_path: Path) -> None:
    tallies = {kind: report.tallies({"count": Tally(3, 4)}) for kind in report.KINDS}
    stages = {"unet": {"step": 3, "spent_seconds": 10.0, "loss": 0.1}}
    figures = {
        "parameters": {"unet": 16_000_000},
        "stages": stages,
        "control": {"with": 0.8, "without": 0.3},
        **tallies,
    }

    report.write(tmp_path, figures)

    card = (tmp_path / "card.md").read_text()
    assert "| count | 3 | 4 | 75.0 % | 75.0 % | 75.0 % |" in card
    assert "| unet | 16.0 M |" in card
    assert "0.80 with the ControlNet, 0.30 without" in card
    assert json.loads((tmp_path / "figures.json").read_text()) == figures
