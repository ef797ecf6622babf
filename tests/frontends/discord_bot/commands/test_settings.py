"""``/settings``: what somebody wants where a command says nothing."""

from __future__ import annotations

import pytest
from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld


def test_what_is_set_holds_for_the_next_commands(world: BotWorld) -> None:
    ann, ben = Person(world, "ann"), Person(world, "ben")

    told = ann.says("settings set", size="320x192", steps=3, count=2)
    message = world.done(ann.says("imagine", prompt="a boat", count=1))
    world.done(ben.says("imagine", prompt="a boat"))

    assert only_seen_by(told, ann)
    request, other = ann.jobs()[0]["request"], ben.jobs()[0]["request"]
    assert (request["width"], request["height"], request["steps"], request["count"]) == (320, 192, 3, 1)
    assert len(message.attachments) == 1
    assert (other["width"], other["count"]) == (256, 1)


def test_it_is_shown_and_reset(world: BotWorld) -> None:
    cat = Person(world, "cat")
    assert "You have set nothing" in cat.says("settings show").text
    cat.says("settings set", steps=3, guidance=2.5, negative="@everyone **x**")

    shown = cat.says("settings show").text
    assert "steps: **3**" in shown
    assert "guidance: **2.5**" in shown
    assert "@everyone" not in shown
    assert {each["value"] for each in cat.is_suggested("settings reset", "option")} == {"steps", "guidance", "negative"}

    assert "steps" not in cat.says("settings reset", option="steps").text
    assert "guidance" in cat.says("settings show").text
    assert "You have set no “steps”." in cat.says("settings reset", option="steps").text
    assert "You have set nothing" in cat.says("settings reset").text


def test_private_is_kept_to(world: BotWorld) -> None:
    dan = Person(world, "dan")
    dan.says("settings set", private=True)

    assert only_seen_by(world.done(dan.says("imagine", prompt="a secret")), dan)
    assert "private: **yes**" in dan.says("settings show").text


def test_a_strength_is_for_commands_with_a_picture(world: BotWorld) -> None:
    eve = Person(world, "eve")
    eve.says("settings set", strength=0.3)

    world.done(eve.says("imagine", prompt="a boat"))

    assert eve.jobs()[0]["request"].get("denoising_strength") is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"size": "huge"}, "768x512"),
        ({"model": "nope"}, "no model called"),
        ({"scheduler": "@everyone"}, "scheduler"),
        ({"size": "65x65"}, "width"),
        ({}, "at least one option"),
    ],
)
def test_what_a_request_would_refuse_is_not_kept(world: BotWorld, said: dict[str, object], told: str) -> None:
    fay = Person(world, "fay")
    fay.says("settings set", steps=5)

    refused = fay.says("settings set", **said)

    assert told in refused.text
    assert "@everyone" not in refused.text
    shown = fay.says("settings show").text
    assert shown == "- steps: **5**"


def test_texts_may_be_long(world: BotWorld) -> None:
    gus = Person(world, "gus")
    gus.says("settings set", negative="x " * 2_000, scheduler="Euler")

    assert len(gus.says("settings show").text) < 2_000


def test_options_of_one_command_are_not_offered(world: BotWorld) -> None:
    (command,) = [each for each in world.call(lambda fake: fake.commands.listed()) if each["name"] == "settings"]
    (setting,) = [each for each in command["options"] if each["name"] == "set"]

    assert not {"prompt", "image", "seed"} & {each["name"] for each in setting["options"]}
    assert {"model", "size", "steps", "private"} <= {each["name"] for each in setting["options"]}
