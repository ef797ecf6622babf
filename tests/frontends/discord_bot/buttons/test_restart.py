"""Buttons and forms of messages from before are as good as new ones."""

from __future__ import annotations

from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message
from support.pressing import drawn, finished, id_of, job_of, pressed


def test_they_outlive_the_daemon(world: BotWorld) -> None:
    """
    1. A picture is drawn, and somebody opens the form to edit it.
    2. The daemon is killed, and started again.
    3. The form is sent, and the buttons of the old message are pressed.
    Result: all of them do what they did before.
    """
    first = drawn(world, prompt="an old one", count=2)
    button = id_of(first, "edit")

    async def opened(fake: FakeDiscord) -> Interaction:
        asked = await fake.press(world.bob, first, button)
        await asked.form()
        return asked

    form = world.do(opened)
    world.daemon.kill()
    world.start()

    async def sent(fake: FakeDiscord) -> Message:
        return await (await fake.submit(form, prompt="an old form", start=["1"])).message()

    edited = finished(world, world.do(sent))
    assert world.daemon.job(job_of(edited))["request"]["prompt"] == "an old form"
    assert "Seed" in pressed(world, world.bob, first, "parameters").text
    rerolled = finished(world, pressed(world, world.bob, first, "reroll"))
    assert world.daemon.job(job_of(rerolled))["request"]["prompt"] == "an old one"
    taken = finished(world, pressed(world, world.ada, first, "pick", 1))
    assert taken.pictures[0].content == first.pictures[1].content
