"""``/models``: what there is to draw with."""

from __future__ import annotations

import pytest
from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld


def test_models_are_listed_with_what_they_draw_with(world: BotWorld) -> None:
    ann = Person(world, "ann")
    told = ann.says("models")

    assert only_seen_by(told, ann)
    assert "**starter** (the usual one)" in told.text
    assert "256x256" in told.text
    assert "licence:" in told.text


def test_one_says_what_it_knows(world: BotWorld) -> None:
    told = Person(world, "ben", locale="de").says("models", model="starter")

    assert "Motive" in told.text
    assert "apple" in told.text
    assert len(told.text) <= 4_000


def test_one_that_is_not_there_is_none(world: BotWorld) -> None:
    told = Person(world, "cat").says("models", model="@everyone `x`")

    assert "no model called" in told.text
    assert "@everyone" not in told.text


def test_they_are_suggested(world: BotWorld) -> None:
    assert [each["value"] for each in Person(world, "dan").is_suggested("models", "model")] == ["starter"]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en-US", "This command has changed"),
        ("de", "Dieser Befehl hat sich geändert"),
        ("fr", "Cette commande a changé"),
    ],
)
def test_who_sees_an_old_list_of_commands_is_told_so(world: BotWorld, locale: str, said: str) -> None:
    late = Person(world, f"late-{locale[:2]}", locale=locale)
    old = {"name": "gone", "description": "What there was before"}
    (models,) = [each for each in world.fake.commands._books[None] if each["name"] == "models"]
    was = {key: models[key] for key in old}
    world.call(lambda _: models.update(old))
    try:
        assert said in late.says("gone").text
    finally:
        world.call(lambda _: models.update(was))
    assert "interaction_broke" not in world.daemon.tail(10_000)
