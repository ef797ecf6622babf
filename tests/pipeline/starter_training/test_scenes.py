from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest
import torch

from pipeline.starter.training import composer, edges, palette, styles, subjects
from pipeline.starter.training.captions import NUMBERS, Caption, Form, plural, with_article
from pipeline.starter.training.evaluation import background, count
from pipeline.starter.training.failures import TrainingError
from pipeline.starter.training.packed import pack
from pipeline.starter.training.scene import Arrangement, Scene
from pipeline.starter.training.subjects import Collection, Subject
from pipeline.starter.training.workshop import Workshop

pytestmark = pytest.mark.engine
COLOURS = {"ball": "red", "box": "blue", "kite": "yellow"}


@pytest.fixture(scope="module")
def scenes(shop: Workshop) -> tuple[Scene, ...]:
    return composer.compose_many(shop.collection, "tests", range(300))


@pytest.fixture(scope="module")
def pictures(shop: Workshop, scenes: tuple[Scene, ...]) -> torch.Tensor:
    return torch.cat([shop.paint(pack(scenes[start : start + 50]), 128) for start in range(0, len(scenes), 50)])


def test_words_take_their_article_and_their_plural() -> None:
    assert [with_article(each) for each in ("owl", "red owl")] == ["an owl", "a red owl"]
    words = ("box", "cherry", "key", "dress", "slice of pizza", "bench")
    assert [plural(each) for each in words] == ["boxes", "cherries", "keys", "dress", "slices of pizza", "benches"]


def test_a_caption_says_the_same_of_others_without_tags() -> None:
    caption = Caption("a picture of {0} at night", ("Owl",), Form.ARTICLE, "small ", ("bird", "wise"))

    assert caption.text == "a picture of a small owl, bird, wise at night"
    assert caption.about("ant") == "a picture of a small ant at night"


def test_a_scene_is_the_same_whenever_it_is_made(shop: Workshop) -> None:
    one = composer.compose(shop.collection, "tests", 7)

    assert composer.compose(shop.collection, "tests", 7) == one
    assert composer.compose(shop.collection, "others", 7) != one


def test_the_scenes_of_a_stream_are_those_they_always_were() -> None:
    """A checkpoint can only be gone on with bit for bit while scene N of a stream stays what it was."""
    shown = [{style: 3 * n + k for k, style in enumerate(styles.WORDS) if (n + k) % 4} for n in range(9)]
    known = tuple(
        Subject(f"thing {n}", f"red label {n}" if n % 3 == 0 else f"label {n}", ("tag", "toy")[: n % 3], pictures)
        for n, pictures in enumerate(shown)
    )

    scenes = composer.compose_many(Collection.of(known, tuple(range(27))), "tests", range(500))

    digest = hashlib.sha256(repr(scenes).encode()).hexdigest()
    assert digest == "2395f6ed3d7b10e24bf6f1328a82f8a5984db0cf8827926395d097f6305130b9"


def test_a_sky_with_stars_does_not_depend_on_those_beside_it(shop: Workshop, scenes: tuple[Scene, ...]) -> None:
    starry = [number for number, scene in enumerate(scenes) if scene.backdrop.stars]
    assert len(starry) > 1
    some = scenes[min(starry) : starry[1] + 1]

    together = shop.paint(pack(some), 64)

    for picture, scene in zip(together, some, strict=True):
        assert torch.equal(picture, shop.paint(pack([scene]), 64)[0])


def test_captions_count_what_is_there_and_name_each(shop: Workshop, scenes: tuple[Scene, ...]) -> None:
    kinds = {scene.arrangement for scene in scenes}
    assert kinds == set(Arrangement)
    for scene in scenes:
        names = [shop.collection.subjects[thing.subject].name for thing in scene.things]
        if scene.arrangement is Arrangement.SEVERAL:
            assert f"{NUMBERS[len(names)]} {plural(names[0])}" in scene.caption.text
        elif scene.arrangement is Arrangement.ONE:
            assert len(names) == 1
        else:
            assert len(set(names)) == 2
            assert len(scene.caption.names) == 2


@pytest.mark.parametrize(
    ("frame", "first_is_before"),
    [
        ("{0} on the left and {1} on the right", True),
        ("{0} to the left of {1}", True),
        ("{1} below {0}", False),
        ("{1} under {0}", False),
        ("{0} above {1}", True),
        ("{0} on top of {1}", True),
    ],
)
def test_the_first_of_a_pair_is_left_or_above(
    shop: Workshop, scenes: tuple[Scene, ...], frame: str, first_is_before: bool
) -> None:
    many = composer.compose_many(shop.collection, "pairs", range(600))
    found = [scene for scene in (*scenes, *many) if frame in scene.caption.frame]
    assert found
    for scene in found:
        first, second = scene.things
        assert (first.x, first.y) < (second.x, second.y) or first.y < second.y - 0.2
        text = frame.format("FIRST", "SECOND")
        assert (text.index("FIRST") < text.index("SECOND")) is first_is_before


def test_the_thing_named_is_painted_where_it_belongs(
    shop: Workshop, scenes: tuple[Scene, ...], pictures: torch.Tensor
) -> None:
    """By the pixel in the middle of each thing; tinted ones have another colour."""
    checked = 0
    for scene, picture in zip(scenes, pictures, strict=True):
        for thing in () if scene.tint else scene.things:
            colour = (picture[:, int(thing.y * 128), int(thing.x * 128)] + 1) / 2
            assert palette.nearest(colour.tolist()) == COLOURS[shop.collection.subjects[thing.subject].name]
            checked += 1
    assert checked > 200


def test_the_named_colour_is_that_of_the_corners(scenes: tuple[Scene, ...], pictures: torch.Tensor) -> None:
    verdicts = [background.judge(scene, picture) for scene, picture in zip(scenes, pictures, strict=True)]

    assert verdicts.count(True) > 50
    assert verdicts.count(False) == 0


def test_a_tinted_subject_has_the_tint(shop: Workshop) -> None:
    many = composer.compose_many(shop.collection, "tints", range(400))
    tinted = [scene for scene in many if scene.tint and "green " in scene.caption.adjectives]
    assert tinted
    pictures = shop.paint(pack(tinted), 64)
    for picture in pictures:
        red, green, blue = picture[:, 32, 32].tolist()
        assert green > max(red, blue)


def test_things_in_a_painted_scene_can_be_counted(scenes: tuple[Scene, ...], pictures: torch.Tensor) -> None:
    """Where a thing has another colour than what is behind it."""
    plain = [
        (scene, picture)
        for scene, picture in zip(scenes, pictures, strict=True)
        if scene.arrangement is Arrangement.SEVERAL and scene.backdrop.colour in ("black", "white", "green", None)
    ]
    verdicts = [count.judge(scene, picture) for scene, picture in plain]

    assert len(verdicts) > 10
    assert verdicts.count(True) >= 0.9 * len(verdicts)


def test_starry_skies_are_the_same_twice(shop: Workshop, scenes: tuple[Scene, ...]) -> None:
    starry = [scene for scene in scenes if scene.backdrop.stars][:2]

    assert torch.equal(shop.paint(pack(starry), 64), shop.paint(pack(starry), 64))
    dark = shop.paint(pack(starry), 64)[0]
    assert dark[:, :24].max() > dark[:, :24].median() + 0.5


def test_edges_lie_around_things_only(shop: Workshop) -> None:
    scene = next(s for s in composer.compose_many(shop.collection, "e", range(99)) if s.backdrop.colour == "white")
    found = edges.of(shop.paint(pack([scene]), 64))

    assert found.shape == (1, 3, 64, 64)
    assert 0.005 < found.mean() < 0.3
    assert set(found.unique().tolist()) == {0.0, 1.0}


def test_a_colour_is_nearest_to_itself() -> None:
    rng = random.Random(1)
    for name in palette.COLOURS:
        assert palette.nearest(palette.jittered(rng, name)) == name


def test_an_absent_folder_is_told_with_what_to_do_next(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"--data.*collect"):
        subjects.load(tmp_path / "nothing")


def test_people_and_mute_symbols_are_left_out_and_plain_names_are_used_where_they_are_free(tmp_path: Path) -> None:
    def record(label: str, group: int, number: int) -> dict[str, object]:
        return {"label": label, "tags": ["a1", "furry pet"], "group": group, "pictures": {"3d": number}}

    listed = [
        record("man dancing", 1, 0),
        record("up arrow", 8, 1),
        record("red heart", 8, 2),
        record("dog face", 3, 3),
        record("dog", 3, 4),
        record("cat face", 3, 5),
    ]
    (tmp_path / "subjects.json").write_text(json.dumps(listed))
    (tmp_path / "pics.zip").touch()

    found = subjects.load(tmp_path)

    assert [each.name for each in found.subjects] == ["red heart", "dog face", "dog", "cat"]
    assert found.files == (2, 3, 4, 5)
    assert [each.pictures["3d"] for each in found.subjects] == [0, 1, 2, 3]
    assert found.subjects[0].tags == ("furry pet",)
    assert not found.subjects[0].tintable
