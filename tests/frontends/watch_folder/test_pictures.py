"""Pictures that are dropped: with a sidecar, with a preset, with parameters, with nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from frontends.watch_folder.orders import kinds
from frontends.watch_folder.orders.pairing import sidecars_of


@pytest.fixture
def png_with() -> Callable[..., bytes]:
    """A PNG that carries texts."""

    def make(**texts: str) -> bytes:
        info = PngInfo()
        for key, value in texts.items():
            info.add_text(key, value)
        out = io.BytesIO()
        Image.new("RGB", (64, 64)).save(out, "PNG", pnginfo=info)
        return out.getvalue()

    return make


@pytest.mark.parametrize(
    ("sidecar", "content"),
    [
        ("cat.txt", "make it blue"),
        ("cat.toml", 'prompt = "make it blue"\nstrength = 0.5'),
        ("cat.yaml", "prompt: make it blue"),
        ("cat.json", '{"prompt": "make it blue"}'),
        ("cat.png.txt", "make it blue"),
    ],
)
async def test_a_picture_with_a_sidecar_is_drawn_from(world: Any, png: bytes, sidecar: str, content: str) -> None:
    world.drop("cat.png", png)
    world.drop(sidecar, content)
    await world.finish()
    [job] = world.service.jobs_by_id.values()
    assert job.request.prompt == "make it blue"
    assert world.service.images[job.request.image] == png
    assert world.results == ["cat.png"]
    assert world.done == sorted(["2027-01-15/cat.png", f"2027-01-15/{sidecar}"])
    assert world.left == []


async def test_a_sidecar_with_several_prompts_makes_several_pictures_of_one(world: Any, png: bytes) -> None:
    world.drop("cat.png", png)
    world.drop("cat.txt", "make it blue\nmake it red\n")
    await world.finish()
    assert [bool(job.request.image) for job in world.service.jobs_by_id.values()] == [True, True]
    assert world.results == ["cat-0001.png", "cat-0002.png"]


async def test_a_picture_waits_for_its_sidecar(world: Any, png: bytes) -> None:
    world.drop("cat.png", png)
    for _ in range(9):
        await world.look(1)
    world.drop("cat.txt", "make it blue")
    for _ in range(5):
        await world.look(1)
    assert world.service.prompts == ["make it blue"]


async def test_a_sidecar_waits_for_a_picture_that_is_still_being_written(world: Any, png: bytes) -> None:
    world.drop("cat.txt", "make it blue")
    for length in range(1, 12):
        world.drop("cat.png", png[: length * 10])
        await world.look(2)
    assert world.service.prompts == []
    world.drop("cat.png", png)
    await world.settle()
    [job] = world.service.jobs_by_id.values()
    assert world.service.images[job.request.image] == png


async def test_a_sidecar_without_a_picture_is_an_order_by_itself(world: Any) -> None:
    world.drop("cat.txt", "a cat")
    await world.look()
    await world.look(2)
    assert world.service.prompts == ["a cat"]


def test_whatever_may_be_the_sidecar_of_a_picture_shares_its_place() -> None:
    stems = ["photo", "photo.jpg", "photo.JPG.png", "photo.v2", "sub.png/photo.webp"]
    images = [stem + ending for stem in stems for ending in (".png", ".JPEG")]
    beside = [name + ending for name in [*stems, *images] for ending in (".txt", ".json", ".csv")]
    pairs = [(image, sidecar) for image in images for sidecar in sidecars_of(image, beside)]
    assert len(pairs) > len(images)
    assert [pair for pair in pairs if kinds.together(pair[0]) != kinds.together(pair[1])] == []
    assert len({kinds.together(stem + ".png") for stem in stems}) == 3


async def test_a_picture_with_two_endings_goes_with_its_sidecar(make_world: Any, png: bytes) -> None:
    world = make_world(orphans="wait")
    world.drop("photo.jpg.png", png)
    world.drop("photo.jpg.txt", "make it blue")
    await world.finish()
    [job] = world.service.jobs_by_id.values()
    assert (job.request.prompt, job.request.image is not None) == ("make it blue", True)


async def test_two_sidecars_of_one_picture_are_a_mistake(world: Any, png: bytes) -> None:
    world.drop("cat.png", png)
    world.drop("cat.txt", "a")
    world.drop("cat.json", '{"prompt": "b"}')
    await world.finish()
    assert world.service.prompts == []
    assert "several files for this picture: cat.json, cat.txt" in world.error("cat.png")
    assert world.failed == ["cat.json", "cat.png", "cat.png.error.txt", "cat.txt"]


async def test_a_table_of_the_same_name_is_no_sidecar(make_world: Any, png: bytes) -> None:
    world = make_world(preset={"prompt": "as a sketch"})
    world.drop("cat.png", png)
    world.drop("cat.csv", "prompt\na dog\n")
    await world.finish()
    assert sorted(world.service.prompts) == ["a dog", "as a sketch"]


async def test_a_picture_alone_is_drawn_with_the_preset_of_its_folder(make_world: Any, png: bytes) -> None:
    world = make_world(preset={"prompt": "as a sketch", "denoising_strength": 0.4})
    world.drop("photo.png", png)
    await world.finish()
    [job] = world.service.jobs_by_id.values()
    assert (job.request.prompt, job.request.denoising_strength) == ("as a sketch", 0.4)
    assert world.service.images[job.request.image] == png


async def test_a_picture_with_nothing_is_refused_with_the_hint_what_to_put_beside_it(world: Any, png: bytes) -> None:
    world.drop("photo.png", png)
    world.drop("photo2.jpg", b"\xff\xd8\xff")
    await world.finish()
    assert world.service.prompts == []
    for name in ("photo.png", "photo2.jpg"):
        assert "put a text file of the same name beside the picture" in world.error(name)


async def test_our_own_picture_is_drawn_again_once_and_makes_no_loop(world: Any) -> None:
    """1. Two pictures are drawn. 2. The second is dropped. Result: that one, once, with its own seed; then silence."""
    world.drop("a.toml", 'prompt = "a cat"\nseed = 7\ncount = 2\nsteps = 9\n')
    await world.finish()
    result = (world.places.outbox / "a-0002.png").read_bytes()
    world.drop("mine.png", result)
    await world.finish(passes=6)
    _, again = world.service.jobs_by_id.values()
    assert (again.request.prompt, again.request.seed, again.request.count, again.request.steps) == ("a cat", 8, 1, 9)
    assert again.request.image is None
    assert world.results == ["a-0001.png", "a-0002.png", "mine.png"]
    assert world.left == []


async def test_our_own_picture_with_its_record_beside_it_is_drawn_again_once(world: Any) -> None:
    world.drop("a.toml", 'prompt = "a cat"\nseed = 7\n')
    await world.finish()
    for name in ("a.png", "a.png.json"):
        world.drop(name, (world.places.outbox / name).read_bytes())
    await world.finish()
    first, second = world.service.jobs_by_id.values()
    assert second.request == first.request, "not drawn from the picture, but as the picture was"


async def test_a_picture_of_another_tool_is_drawn_again_from_its_parameters(
    world: Any, png_with: Callable[..., bytes]
) -> None:
    settings = "Steps: 12, Sampler: Euler a, CFG scale: 6, Seed: 99, Size: 128x64, Model: dream"
    text = f"a red fox\nNegative prompt: blurry\n{settings}"
    world.drop("fox.png", png_with(parameters=text))
    await world.finish()
    [job] = world.service.jobs_by_id.values()
    request = job.request
    assert (request.prompt, request.negative_prompt, request.steps, request.seed) == ("a red fox", "blurry", 12, 99)
    assert request.model == "starter", "a model of that name is not known here"
    assert request.image is None
