"""Every command and every button once, with the real model drawing: a day of a server with the bot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.bot_world import BotWorld, bot_world
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message
from support.fake_discord.people import User
from support.fake_discord.uploads import Upload
from support.pressing import drawn, finished, id_of, job_of, pressed

from frontends.discord_bot.custom_ids import VERBS

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.timeout(600)]

ENVIRONMENT = {"MEZZOTINT_ENGINE__KIND": "local", "MEZZOTINT_ENGINE__THREADS": "1"}
SMALL: dict[str, Any] = {"size": "64x64", "steps": 2}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    with bot_world(tmp_path_factory.mktemp("day"), ENVIRONMENT) as made:
        yield made
        made.call(lambda fake: fake.assert_no_surprises())


def moderator(world: BotWorld) -> User:
    def made(fake: FakeDiscord) -> User:
        someone = fake.user("mod", world.guild)
        fake.give(someone, world.guild, fake.role(world.guild, "mods", "manage_guild"))
        return someone

    return world.call(made)


def sent(world: BotWorld, asked: Interaction, **values: Any) -> Message:
    async def act(fake: FakeDiscord) -> Message:
        await asked.form()
        return await (await fake.submit(asked, **values)).message()

    return world.do(act)


def menu(world: BotWorld, user: User, name: str, message: Message) -> Interaction:
    async def act(fake: FakeDiscord) -> Interaction:
        return await (await fake.context_menu(user, message.channel, name, message)).answered()

    return world.do(act)


def used(world: BotWorld) -> set[str]:
    """What was asked of the bot: commands by their names, buttons by their verbs."""

    def look(fake: FakeDiscord) -> set[str]:
        found = set()
        for each in fake.interactions.every:
            data = each.data
            found.add(str(data["name"]) if "name" in data else str(data["custom_id"]).split(":")[1])
        return found

    return world.call(look)


def test_every_command_and_button_draws_or_tells(world: BotWorld) -> None:
    ada, bob, mod = world.ada, world.bob, moderator(world)
    first = drawn(world, prompt="a red apple", count=2, seed=7)
    job, picture = job_of(first), first.attachments[0].content
    assert len(first.attachments) == 2

    # what makes more of it
    for verb, index in (("subtle", 0), ("strong", 1), ("reroll", None), ("pick", 1)):
        assert finished(world, pressed(world, bob, first, verb, index)).attachments
    edit = world.do(lambda fake: fake.press(bob, first, id_of(first, "edit")))
    assert finished(world, sent(world, edit, prompt="a green apple", start=["0"])).attachments
    assert finished(
        world, world.slash(bob, "edit", prompt="an apple at night", image=Upload("a.png", picture), **SMALL)
    )
    assert finished(world, sent(world, menu(world, ada, "Edit", first), prompt="a blue apple")).attachments
    again = finished(world, world.slash(ada, "again", job=job))
    assert again.attachments[0].content != b""

    # what tells
    assert "Seed: 7" in pressed(world, bob, first, "parameters").text
    assert "Seed: 7" in world.do(lambda fake: menu(world, bob, "Parameters", first).message()).text
    assert pressed(world, ada, first, "favourite").seen_only_by == ada
    assert finished(world, world.slash(bob, "show", job=job)).attachments
    pages = world.slash(ada, "history")
    assert "a red apple" in pages.text
    assert "a red apple" in world.slash(bob, "search", text="red apple").text
    assert world.slash(ada, "queue").seen_only_by == ada
    assert "starter" in world.slash(ada, "models").text
    assert world.slash(ada, "usage").seen_only_by == ada
    assert world.slash(ada, "settings set", steps=2).seen_only_by == ada
    assert world.slash(ada, "schedule add", name="daily", when="08:00", prompt="a sun", **SMALL).seen_only_by == ada
    assert "Limits" in world.slash(mod, "mezzotint limits show").text

    # what ends
    long = world.slash(ada, "imagine", prompt="a long one", size="64x64", steps=150, count=4)
    assert pressed(world, ada, long, "cancel").seen_only_by == ada
    world.daemon.until(lambda: "Cancelled" in long.text, 60, "it says so")
    assert finished(world, pressed(world, ada, long, "retry"), 200).attachments
    second = world.slash(ada, "imagine", prompt="another long one", size="64x64", steps=150, count=4)
    name = world.daemon.call("GET", "/v1/jobs?limit=1")[0]["id"]
    assert world.slash(ada, "cancel", job=name).seen_only_by == ada
    world.daemon.until(lambda: "Cancelled" in second.text, 60, "it says so")
    assert "hidden" in pressed(world, mod, first, "spoiler").text
    question = pressed(world, ada, first, "delete")
    assert pressed(world, ada, question, "remove").text == "Deleted."

    listed = {str(each["name"]) for each in world.call(lambda fake: fake.commands.listed())}
    assert listed - used(world) == set()
    # There is one page of everything, and the form of the menu goes by the name of the menu.
    elsewhere = {"page", "newest", "liked", "found", "pointed"}
    assert set(VERBS) - used(world) - elsewhere == set()
