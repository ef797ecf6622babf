"""A service with one guild, one channel and one user in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.people import User
from support.fake_discord.places import Channel, Guild


@dataclass(frozen=True)
class Studio:
    """What most tests need."""

    fake: FakeDiscord
    guild: Guild
    channel: Channel
    ada: User


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with FakeDiscord() as fake:
        guild = fake.guild("studio")
        yield Studio(fake, guild, fake.channel(guild), fake.user("ada", guild))
