"""What a failure is said to be, where it is kept and shown."""

from __future__ import annotations

import aiohttp
import pytest

from frontends.discord_bot.delivering.verdict import judge

ADDRESS = "https://discord.com/api/v10/{}/1234567890/{}/messages/@original"


@pytest.mark.parametrize("place", ["webhooks", "interactions"])
def test_the_token_of_an_interaction_is_not_told(place: str) -> None:
    error = aiohttp.ServerConnectionError(f"no connection for {ADDRESS.format(place, 'aW50ZXJhY3Rpb24')}")

    verdict = judge(error, by_token=True)

    assert verdict.meaning == "later"
    assert verdict.said.endswith(f"/{place}/1234567890/…/messages/@original")
