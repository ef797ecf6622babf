"""The daemon itself dies at each step of a delivery, and the next one brings what is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.bot_world import FAKE_ENGINE, BotWorld, bot_world
from support.breaking import POINTS
from support.fake_discord import refusals
from support.fake_discord.messages import Message

WAYS = ("token", "channel")


def pictures(world: BotWorld) -> list[Message]:
    """The messages with a result."""

    def look(fake: object) -> list[Message]:
        every = world.fake.world.messages.values()
        return [each for each in every if not each.deleted and any(_ours(file.name) for file in each.pictures)]

    return world.call(look)


def _ours(name: str) -> bool:
    return len(name.partition(".")[0]) == 16


def each_step() -> list[Any]:
    """One of them always, all in the long runs: each starts two daemons."""
    every = [(way, point) for way in WAYS for point in POINTS]
    usual = ("channel", "discord.after_post")
    return [pytest.param(*each, marks=[] if each == usual else [pytest.mark.soak]) for each in every]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("way", "point"), each_step())
def test_a_daemon_that_dies_at_any_step_shows_the_picture_once(tmp_path: Path, way: str, point: str) -> None:
    """
    1. The daemon dies at a step of the delivery of a picture.
    2. It is started again.
    Result: the picture is there, in one message.
    """
    dying = {**FAKE_ENGINE, "MEZZOTINT_FAILPOINT": point}
    with bot_world(tmp_path, dying) as world:
        if way == "channel":
            world.call(lambda fake: fake.faults.refuse("PATCH /webhooks/*", refusals.token_expired(), times=None))
            world.call(lambda fake: fake.faults.refuse("PATCH /channels/*", refusals.unknown("message"), times=None))
        world.do(lambda fake: fake.slash(world.ada, world.channel, "imagine", prompt="a fox"))
        process = world.daemon.process
        assert process is not None
        assert process.wait(180) == 137
        del world.daemon.environment["MEZZOTINT_FAILPOINT"]
        world.start()
        world.daemon.until(lambda: len(pictures(world)) == 1, 180, "the picture is there")
        world.daemon.until(lambda: world.daemon.status()["deliveries"]["waiting"] == 0, 180, "it is delivered")

        assert len(pictures(world)) == 1
        world.call(lambda fake: fake.assert_no_surprises())
