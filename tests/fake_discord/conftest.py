"""A fake service that is a little furnished, and a way to ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.discord_studio import Api, Studio
from support.fake_discord.fake import FakeDiscord


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with FakeDiscord() as fake:
        guild = fake.guild("studio")
        yield Studio(fake, guild, fake.channel(guild), fake.user("ada", guild))


@pytest.fixture
async def api(studio: Studio) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(studio.fake, session)
