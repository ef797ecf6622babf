"""``/edit``: a picture is drawn anew, changed by words."""

from __future__ import annotations

from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld
from support.fake_discord.uploads import Upload
from support.pictures import picture


def test_a_picture_is_changed_by_words(world: BotWorld) -> None:
    ann = Person(world, "ann")
    upload = Upload("in.png", picture(64, 64))

    message = world.done(ann.says("edit", image=upload, prompt="now at night", strength=0.4, count=2))

    request = ann.jobs()[0]["request"]
    assert len(message.attachments) == 2
    assert (request["prompt"], request["denoising_strength"], request["count"]) == ("now at night", 0.4, 2)
    assert request["image"]


def test_a_picture_and_words_are_required(world: BotWorld) -> None:
    (command,) = [each for each in world.call(lambda fake: fake.commands.listed()) if each["name"] == "edit"]

    assert [each["name"] for each in command["options"] if each.get("required")] == ["image", "prompt"]
    assert command["name_localizations"]["de"] == "bearbeiten"


def test_what_is_no_picture_is_refused(world: BotWorld) -> None:
    ben = Person(world, "ben")

    refused = ben.is_told("edit", image=Upload("in.png", b"no picture"), prompt="a")

    assert "PNG, JPEG or WebP" in refused.text
    assert only_seen_by(refused, ben)
    assert ben.jobs() == []


def test_words_ping_nobody_and_break_nothing(world: BotWorld) -> None:
    cat = Person(world, "cat")
    prompt = ("@everyone <@1> **bold** ``` # head\n" * 200)[:4_000]

    message = world.done(cat.says("edit", image=Upload("in.png", picture(64, 64)), prompt=prompt))

    assert cat.jobs()[0]["request"]["prompt"] == prompt.strip()
    assert message.pings == []
    assert "@everyone" not in message.text
