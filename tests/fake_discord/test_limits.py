"""Too often, too wrong: what a client reads in the headers, and what the real client makes of it."""

from __future__ import annotations

import asyncio

import discord
import pytest
from support.discord_studio import Api, Studio
from support.probe_bot import probing


async def test_a_bucket_tells_what_is_left_and_fills_again(studio: Studio, api: Api) -> None:
    studio.fake.clock.stop()
    answers = [await api.ask("POST", studio.here, {"content": str(n)}) for n in range(6)]

    assert [each.headers["X-RateLimit-Remaining"] for each in answers] == ["4", "3", "2", "1", "0", "0"]
    last = answers[-1]
    assert last.status == 429
    assert last.body["message"] == "You are being rate limited."
    assert last.body["retry_after"] == 5
    assert last.body["global"] is False
    assert last.headers["X-RateLimit-Scope"] == "user"
    assert last.headers["Via"]
    elsewhere = studio.fake.channel(studio.guild, "elsewhere")
    assert (await api.ask("POST", f"/channels/{elsewhere.id}/messages", {"content": "x"})).status == 200
    studio.fake.clock.advance(5.1)
    assert (await api.ask("POST", studio.here, {"content": "again"})).status == 200
    assert studio.fake.limits.exceeded == 1


async def test_50_requests_a_second_and_interactions_apart(studio: Studio, api: Api) -> None:
    studio.fake.clock.stop()
    statuses = [(await api.ask("GET", "/users/@me")).status for _ in range(51)]

    assert statuses == [200] * 50 + [429]
    told = await api.ask("GET", "/users/@me")
    assert told.status == 429
    assert told.body["global"] is True
    assert told.headers["X-RateLimit-Global"] == "true"
    asked = await studio.asked(text="hi")
    assert (await api.answer(asked, 4, {"content": "x"})).status == 200
    studio.fake.clock.advance(1.1)
    assert (await api.ask("GET", "/users/@me")).status == 200


async def test_too_many_wrong_requests_are_answered_by_the_proxy(studio: Studio, api: Api) -> None:
    studio.fake.limits.invalid_allowed = 3
    for _ in range(3):
        await api.with_token("wrong").ask("GET", "/users/@me")

    told = await api.ask("GET", "/users/@me")
    assert told.status == 429
    assert told.body == "error code: 1015"
    assert "Via" not in told.headers
    studio.fake.clock.advance(601)
    assert (await api.ask("GET", "/users/@me")).status == 200


async def test_the_real_client_keeps_to_the_buckets(studio: Studio) -> None:
    """
    1. A bucket takes two messages in 0.3 seconds. The client sends eight at once.
    Result: all arrive, and hardly one was sent too early.
    """
    studio.fake.limits.routes["POST /channels/{channel}/messages"] = (2, 0.3)
    async with probing(studio.fake) as bot:
        channel = bot.get_channel(studio.channel.id)
        assert isinstance(channel, discord.TextChannel)
        await asyncio.gather(*(channel.send(str(number)) for number in range(8)))

    assert len(studio.fake.messages(studio.channel)) == 8
    assert studio.fake.limits.exceeded <= 2


async def test_the_real_client_waits_after_a_429_and_gives_up_on_a_long_one(studio: Studio) -> None:
    fake = studio.fake
    route = f"POST {studio.here}"
    async with probing(fake) as bot:
        channel = bot.get_channel(studio.channel.id)
        assert isinstance(channel, discord.TextChannel)
        short = fake.faults.rate_limit(route, 0.05)
        await channel.send("after a moment")
        assert short.fired == 1
        fake.faults.rate_limit(route, 0.05, everywhere=True)
        await channel.send("after everybody")
        fake.faults.rate_limit(route, 31.0)
        with pytest.raises(discord.RateLimited):
            await channel.send("never")
        fake.faults.cloudflare(route)
        with pytest.raises(discord.HTTPException) as caught:
            await channel.send("never")

    assert caught.value.status == 429
    assert [each.content for each in fake.messages(studio.channel)] == ["after a moment", "after everybody"]
    assert fake.limits.invalid == 4
    fake.faults.assert_all_fired()
