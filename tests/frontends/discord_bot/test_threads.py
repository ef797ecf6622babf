"""A thread under a result refines it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.bot_world import BotWorld, bot_world
from support.fake_discord.messages import Message
from support.fake_discord.places import Channel


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    with bot_world(tmp_path_factory.mktemp("threads")) as found:
        yield found
        found.call(lambda fake: fake.assert_no_surprises())


def by_bot(world: BotWorld, thread: Channel) -> list[Message]:
    return [each for each in world.call(lambda fake: fake.messages(thread)) if each.author == world.fake.bot]


def begun(world: BotWorld, prompt: str) -> tuple[Message, Channel]:
    message = world.done(world.slash(world.ada, "imagine", prompt=prompt, count=2))
    return message, world.call(lambda fake: fake.open_thread(world.ada, message, "refine"))


def test_an_answer_changes_the_newest_picture(world: BotWorld) -> None:
    root, thread = begun(world, "a red fox")
    first = world.jobs()[0]
    mention = f"<@{world.fake.bot.id}>"
    world.do(lambda fake: fake.say(world.bob, thread, f"{mention} #2 at night"))
    world.daemon.until(lambda: len(by_bot(world, thread)) == 1, 60, "an answer comes")
    edited = world.done(by_bot(world, thread)[0])
    second = world.jobs()[0]
    assert second["request"]["prompt"] == "a red fox, at night"
    assert second["request"]["denoising_strength"] == pytest.approx(0.6)
    assert second["owner"] == f"discord:{world.bob.id}"
    assert second["parent"] == first["pictures"][1]["id"]
    assert root.attachments

    world.do(lambda fake: fake.say(world.ada, thread, "with snow", replying_to=edited))
    world.daemon.until(lambda: len(by_bot(world, thread)) == 2, 60, "a second answer comes")
    world.done(by_bot(world, thread)[1])
    third = world.jobs()[0]
    assert third["request"]["prompt"] == "a red fox, at night, with snow"
    assert third["parent"] == second["pictures"][0]["id"]


def test_who_says_something_that_can_not_be_read_is_told_so_once(world: BotWorld) -> None:
    _, thread = begun(world, "a boat")
    before = len(world.jobs())
    for text in ("nice", "really nice"):
        world.do(lambda fake, text=text: fake.say(world.bob, thread, text))
    world.daemon.until(lambda: len(by_bot(world, thread)) == 1, 30, "a word about it comes")
    assert "mention me" in by_bot(world, thread)[0].now.text
    world.do(lambda fake: fake.say(world.bob, thread, "still nice"))
    assert len(world.jobs()) == before
    assert len(by_bot(world, thread)) == 1


def test_other_threads_and_channels_are_none_of_its_business(world: BotWorld) -> None:
    said = world.do(lambda fake: fake.say(world.bob, world.channel, f"<@{world.fake.bot.id}> a fox"))
    thread = world.call(lambda fake: fake.open_thread(world.bob, said, "talk"))
    before = len(world.jobs())
    world.do(lambda fake: fake.say(world.bob, thread, f"<@{world.fake.bot.id}> at night"))
    world.done(world.slash(world.ada, "imagine", prompt="something else"))
    assert len(world.jobs()) == before + 1
    assert by_bot(world, thread) == []


def test_a_private_picture_is_not_refined_where_everybody_sees_it(world: BotWorld) -> None:
    secret = world.done(world.slash(world.ada, "imagine", prompt="a secret", private=True))
    _, thread = begun(world, "a red fox")
    mention = f"<@{world.fake.bot.id}>"
    world.do(lambda fake: fake.say(world.bob, thread, f"{mention} at night", replying_to=secret))
    world.daemon.until(lambda: len(by_bot(world, thread)) == 1, 60, "an answer comes")
    assert world.jobs()[0]["request"]["prompt"] == "a red fox, at night"
