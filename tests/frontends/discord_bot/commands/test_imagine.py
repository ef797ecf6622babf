"""``/imagine`` from the command to the picture, by the real client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.bot_world import BotWorld, bot_world
from support.fake_discord.uploads import Upload
from support.pictures import picture

OPTIONS = {
    "prompt",
    "negative",
    "model",
    "size",
    "count",
    "steps",
    "guidance",
    "scheduler",
    "seed",
    "image",
    "strength",
    "spoiler",
    "private",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    with bot_world(tmp_path_factory.mktemp("imagine")) as found:
        yield found
        found.call(lambda fake: fake.assert_no_surprises())


def test_a_prompt_becomes_a_picture_in_one_message(world: BotWorld) -> None:
    message = world.done(world.slash(world.ada, "imagine", prompt="a red apple"))
    assert [each.name.endswith(".png") for each in message.attachments] == [True]
    assert message.now.gallery[0]["description"] == "a red apple"
    job = world.jobs()[0]
    assert job["owner"] == f"discord:{world.ada.id}"
    assert job["id"] in message.now.text
    assert "token" not in str(job["origin"])


def test_everything_that_was_said_is_drawn(world: BotWorld) -> None:
    said = {"negative": "blurry", "model": "starter", "size": "320x192", "count": 2, "steps": 3, "guidance": 2.5}
    message = world.slash(world.ada, "imagine", prompt="a boat", scheduler="Euler", seed=5, **said)
    assert len(world.done(message).attachments) == 2
    request = world.jobs()[0]["request"]
    assert (request["width"], request["height"], request["count"], request["steps"]) == (320, 192, 2, 3)
    assert (request["negative_prompt"], request["guidance_scale"], request["seed"]) == ("blurry", 2.5, 5)
    assert request["scheduler"] == "Euler"


def test_a_picture_is_started_from(world: BotWorld) -> None:
    upload = Upload("in.png", picture(64, 64))
    message = world.slash(world.ada, "imagine", prompt="a boat", image=upload, strength=0.3)
    world.done(message)
    request = world.jobs()[0]["request"]
    assert request["denoising_strength"] == 0.3
    assert request["image"]


def test_a_private_one_is_seen_by_nobody_else(world: BotWorld) -> None:
    message = world.done(world.slash(world.ada, "imagine", prompt="a secret", private=True))
    assert message.seen_only_by == world.ada
    assert message not in world.call(lambda fake: fake.messages(world.channel, seen_by=world.bob))


def test_a_spoiler_is_one(world: BotWorld) -> None:
    message = world.done(world.slash(world.ada, "imagine", prompt="the end", spoiler=True))
    assert message.now.gallery[0]["spoiler"] is True


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"prompt": "a", "size": "huge"}, "768x512"),
        ({"prompt": "a", "model": "nope"}, "no model called"),
        ({"prompt": "a", "scheduler": "nope"}, "scheduler"),
        ({"prompt": "a", "image": Upload("in.png", b"no picture")}, "PNG, JPEG or WebP"),
    ],
)
def test_what_can_not_be_is_told_to_who_asked_alone(world: BotWorld, said: dict[str, object], told: str) -> None:
    before = len(world.jobs())

    async def act(fake):  # type: ignore[no-untyped-def]
        asked = await fake.slash(world.ada, world.channel, "imagine", **said)
        await asked.answered()
        await asked._until(lambda: asked.followups, "nothing was told", 10)
        return asked.followups[-1]

    answer = world.do(act)
    assert told in answer.now.text
    assert answer.seen_only_by == world.ada
    assert len(world.jobs()) == before


def test_its_options_are_those_that_clients_know(world: BotWorld) -> None:
    (command,) = [each for each in world.call(lambda fake: fake.commands.listed()) if each["name"] == "imagine"]
    assert {each["name"] for each in command["options"]} == OPTIONS
    assert command["name_localizations"]["de"]


def test_suggestions_come_from_memory(world: BotWorld) -> None:
    suggested = world.do(lambda fake: fake.autocomplete(world.ada, world.channel, "imagine", "model", "sta"))
    assert [each["value"] for each in suggested] == ["starter"]
    sizes = world.do(lambda fake: fake.autocomplete(world.ada, world.channel, "imagine", "size", "wide"))
    assert sizes[0]["value"] == "344x192"
    schedulers = world.do(lambda fake: fake.autocomplete(world.ada, world.channel, "imagine", "scheduler", "eul"))
    assert schedulers[0]["value"] == "Euler"
    assert len(schedulers) <= 25
