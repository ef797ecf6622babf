"""A server of its own within a world of the bot, with a moderator and two members: for tests of its rules."""

from __future__ import annotations

import asyncio
from typing import Any

from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message
from support.fake_discord.people import User
from support.fake_discord.places import Channel

PATIENCE_SECONDS = 30.0


class BotServer:
    """Made anew for each test: what others have set is not there."""

    def __init__(self, world: BotWorld) -> None:
        self.world = world
        self.guild = world.call(lambda fake: fake.guild("rules"))
        self.channel = world.call(lambda fake: fake.channel(self.guild))
        self.other = world.call(lambda fake: fake.channel(self.guild, "other"))
        self.mod, self.ada, self.bob = (
            world.call(lambda fake, name=name: fake.user(name, self.guild)) for name in ("mod", "ada", "bob")
        )
        self.staff = world.call(lambda fake: fake.role(self.guild, "staff", "manage_guild"))
        self.patrons = world.call(lambda fake: fake.role(self.guild, "patrons"))
        world.call(lambda fake: fake.give(self.mod, self.guild, self.staff))

    def says(self, command: str, /, by: User | None = None, where: Channel | None = None, **options: Any) -> str:
        """What a moderator is answered."""
        return self.answer(by or self.mod, f"mezzotint {command}", where, **options).now.text

    def answer(self, user: User, command: str, /, where: Channel | None = None, **options: Any) -> Message:
        """What somebody is answered alone; everybody would see the message otherwise."""

        async def act(fake: FakeDiscord) -> Message:
            return await settled(await fake.slash(user, where or self.channel, command, **options))

        return self.world.do(act)

    def draws(self, user: User | None = None, where: Channel | None = None, **options: Any) -> dict[str, Any]:
        """Somebody asks for a picture and gets a job; as the daemon tells it."""
        before = {job["id"] for job in self.world.jobs()}
        answer = self.answer(user or self.ada, "imagine", where, **{"prompt": "a fox", **options})
        made = [job for job in self.world.jobs() if job["id"] not in before]
        assert len(made) == 1, answer.now.text
        return made[0]

    def refused(self, user: User | None = None, where: Channel | None = None, **options: Any) -> str:
        """Somebody asks for a picture and gets none; what only he is told."""
        before = len(self.world.jobs())
        asker = user or self.ada
        answer = self.answer(asker, "imagine", where, **{"prompt": "a fox", **options})
        assert len(self.world.jobs()) == before, answer.now.text
        assert answer.seen_only_by is asker
        return answer.now.text


async def settled(asked: Interaction, seconds: float = PATIENCE_SECONDS) -> Message:
    """The answer of an interaction: its own message, or what was told instead of it."""
    async with asyncio.timeout(seconds):
        while True:
            if asked.followups:
                return asked.followups[-1]
            if asked.original is not None and not asked.original.deleted and not asked.original.loading:
                return asked.original
            await asyncio.sleep(0.01)
