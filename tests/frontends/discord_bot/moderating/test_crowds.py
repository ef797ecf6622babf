"""Many at once, and what a restart leaves."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from support.bot_server import BotServer, settled
from support.bot_world import bot_world
from support.fake_discord.fake import FakeDiscord

CROWD, CAP = 200, 7


@pytest.mark.slow
def test_of_a_crowd_of_commands_exactly_as_many_as_the_cap_are_accepted(server: BotServer) -> None:
    """
    1. The queue is held, and seven jobs of a member may wait.
    2. One member sends 200 commands at once.

    Result: seven jobs, and 193 answers that say why there are no more.
    """
    world, operator = server.world, server.world.fake.owner
    server.says("limits set", what="queued", value=CAP)
    server.says("pause", by=operator)
    before = len(world.jobs())

    async def act(fake: FakeDiscord) -> list[str]:
        asked = [
            await fake.slash(server.ada, server.channel, "imagine", prompt=f"fox {number}") for number in range(CROWD)
        ]
        answers = await asyncio.gather(*(settled(each, 100) for each in asked))
        return [each.now.text for each in answers]

    try:
        told = world.do(act, 110)
        jobs = world.jobs()[: len(world.jobs()) - before]
        assert [job["state"] for job in jobs] == ["queued"] * CAP
        assert Counter(text.startswith("You have as many jobs waiting as you may.") for text in told) == {
            True: CROWD - CAP,
            False: CAP,
        }
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
