"""Many at once, and what a restart leaves."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from support.bot_server import BotServer, settled
from support.bot_world import bot_world
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import ANSWER_SECONDS, Interaction

CROWD, CAP = 200, 7


async def heard(fake: FakeDiscord, asked: Interaction) -> str | None:
    """What was answered; None where a machine with too much to do let the three seconds pass, and no job came of it."""
    while asked.answer is None:
        if fake.clock.now() - asked.at > ANSWER_SECONDS:
            return None
        await asyncio.sleep(0.02)
    return (await settled(asked, 100)).now.text


@pytest.mark.slow
def test_of_a_crowd_of_commands_exactly_as_many_as_the_cap_are_accepted(server: BotServer) -> None:
    """
    1. The queue is held, and seven jobs of a member may wait.
    2. One member sends 200 commands at once.

    Result: seven jobs, and every other answer says why there are no more.
    """
    world, operator = server.world, server.world.fake.owner
    server.says("limits set", what="queued", value=CAP)
    server.says("pause", by=operator)
    before = len(world.jobs())

    async def act(fake: FakeDiscord) -> list[str | None]:
        ask = partial(fake.slash, server.ada, server.channel, "imagine")
        asked = [await ask(prompt=f"fox {number}") for number in range(CROWD)]
        return await asyncio.gather(*(heard(fake, each) for each in asked))

    try:
        told = [text for text in world.do(act, 110) if text is not None]
        refused = [text for text in told if text.startswith("You have as many jobs waiting as you may.")]
        jobs = world.jobs()[: len(world.jobs()) - before]
        assert [job["state"] for job in jobs] == ["queued"] * CAP
        assert len(told) > 2 * CAP
        assert len(told) - len(refused) == CAP
        server.draws(server.bob)
    finally:
        server.says("resume", by=operator)


@pytest.mark.slow
def test_rules_survive_a_crash(tmp_path: Path) -> None:
    with bot_world(tmp_path) as world:
        server = BotServer(world)
        operator = world.fake.owner
        here = world.call(lambda fake: fake.direct(operator))
        server.says("block", user=server.ada, reason="spam")
        server.says("block", by=operator, where=here, user=server.bob)
        server.says("limits set", what="max_steps", value=5)
        world.daemon.kill()
        world.start()

        assert "blocked" in server.refused(server.ada)
        assert "blocked" in server.refused(server.bob)
        assert "At most 5 steps" in server.refused(server.mod, steps=6)
        assert "spam" in server.says("blocks")
        assert server.says("audit").count("set: ") == 2
        world.call(lambda fake: fake.assert_no_surprises())
