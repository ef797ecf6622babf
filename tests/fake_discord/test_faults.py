"""Trouble on purpose strikes where and as often as it should, and the real client lives through it."""

from __future__ import annotations

import asyncio
import errno
import io
import signal
import time

import aiohttp
import discord
import pytest
from support import probe_process
from support.discord_studio import Api, Studio
from support.fake_discord import refusals
from support.fake_discord.aside import Aside
from support.fake_discord.interactions import NoAnswer
from support.probe_bot import probing
from support.waiting import until

ORIGINAL = "PATCH /webhooks/*/messages/@original"


async def test_a_failure_before_and_one_after_the_effect(studio: Studio, api: Api) -> None:
    route = f"POST {studio.here}"
    before = studio.fake.faults.server_error(route, 500)
    after = studio.fake.faults.server_error(route, 502, "after", skip=1)

    statuses = [(await api.ask("POST", studio.here, {"content": str(n)})).status for n in range(3)]

    assert statuses == [500, 502, 200]
    assert [each.content for each in studio.fake.messages(studio.channel)] == ["1", "2"]
    assert (before.fired, before.seen, after.fired) == (1, 3, 1)


async def test_the_line_breaks_before_and_after_the_effect(studio: Studio, api: Api) -> None:
    route = f"POST {studio.here}"
    studio.fake.faults.cut(route)
    studio.fake.faults.cut(route, "after", skip=1)

    for number in range(2):
        with pytest.raises(aiohttp.ClientOSError) as caught:
            await api.ask("POST", studio.here, {"content": str(number)})
        assert caught.value.errno == errno.ECONNRESET

    assert [each.content for each in studio.fake.messages(studio.channel)] == ["1"]
    assert [each.status for each in studio.fake.asked(route)] == [0, 0]
    studio.fake.faults.assert_all_fired()


async def test_a_nonce_makes_a_lost_answer_harmless(studio: Studio) -> None:
    """
    1. The service stores a message and the answer is lost.
    2. The client sends it again with the same nonce.
    Result: one message.
    """
    fake = studio.fake
    async with probing(fake) as bot:
        channel = bot.get_channel(studio.channel.id)
        assert isinstance(channel, discord.TextChannel)
        fake.faults.cut(f"POST {studio.here}", "after")
        with pytest.raises(aiohttp.ClientError):
            await channel.send("once", nonce="delivery-1")
        sent = await channel.send("once", nonce="delivery-1")

    assert [each.id for each in fake.messages(studio.channel)] == [sent.id]


async def test_the_real_client_tries_again_after_a_failure(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake):
        fault = fake.faults.server_error(ORIGINAL, 503, "after")
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")
        message = await asked.message()
        await until(lambda: len(fake.asked(ORIGINAL)) == 2, "the second try")

    assert fault.fired == 1
    assert [each.status for each in fake.asked(ORIGINAL)] == [503, 200]
    assert message.edits == 2
    fake.assert_no_surprises()


async def test_a_late_picture_goes_by_the_bots_own_token(studio: Studio) -> None:
    """
    1. A drawing takes longer than the token of its interaction lives.
    Result: the edit is refused with 50027; the same message can still be edited as the bot, and the owner notified.
    """
    fake = studio.fake
    async with probing(fake) as bot:
        bot.waiting.clear()
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")
        message = await asked.shows(lambda message: message.loading)
        fake.clock.advance(16 * 60)
        bot.waiting.set()
        await until(lambda: bot.errors, "the error")
        error = bot.errors[0]
        assert isinstance(error, discord.HTTPException)
        assert (error.status, error.code) == (401, 50027)

        channel = bot.get_channel(studio.channel.id)
        assert isinstance(channel, discord.TextChannel)
        await channel.get_partial_message(message.id).edit(content="late but there")
        allowed = discord.AllowedMentions(users=True)
        await channel.send(f"{studio.ada.mention} done", nonce="d", allowed_mentions=allowed)

    assert message.text == "late but there"
    assert [each.text for each in fake.pings(studio.ada)] == [f"{studio.ada.mention} done"]
    fake.assert_no_surprises()


async def test_any_refusal_can_be_had(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        fake.faults.refuse(ORIGINAL, refusals.unknown("webhook"))
        fake.faults.refuse(ORIGINAL, refusals.too_large(), skip=1)
        for _ in range(2):
            await (await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")).answered()
        await until(lambda: len(bot.errors) == 2, "two errors")

    assert {getattr(each, "code", None) for each in bot.errors} == {10015, 40005}
    fake.faults.assert_all_fired()
    assert fake.faults.fired("404 (10015)") == 1


async def test_a_closed_door_leads_to_another(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        channel = bot.get_channel(studio.channel.id)
        assert isinstance(channel, discord.TextChannel)
        studio.channel.deny(studio.guild.everyone, "send_messages")
        with pytest.raises(discord.Forbidden) as caught:
            await channel.send("here")
        assert caught.value.code == 50013
        user = await bot.fetch_user(studio.ada.id)
        file = discord.File(io.BytesIO(b"x"), "a.txt")
        await user.send("privately", file=file)
        studio.ada.direct_messages_open = False
        with pytest.raises(discord.Forbidden) as caught:
            await user.send("privately")
        assert caught.value.code == 50007

    assert [each.text for each in fake.messages(fake.direct(studio.ada))] == ["privately"]
    fake.assert_no_surprises()


async def test_late_answers_and_slow_uploads_take_their_time(studio: Studio, api: Api) -> None:
    studio.fake.faults.delay(f"POST {studio.here}", 0.2)
    studio.fake.faults.slow_upload(f"POST {studio.here}", 10_000, skip=1)
    studio.fake.faults.slow_answer(f"POST {studio.here}", 0.3, skip=2)

    for files in ({}, {"a_bin": bytes(3000)}, {}):
        began = time.monotonic()
        assert (await api.ask("POST", studio.here, {"content": "x"}, **files)).status == 200
        assert time.monotonic() - began >= 0.2


async def test_an_outage_ends(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        await fake.connected()
        await fake.go_down()
        await until(lambda: fake.gateway.faults.fired["connection refused"], "an attempt")
        channel = bot.get_channel(studio.channel.id)
        assert isinstance(channel, discord.TextChannel)
        with pytest.raises(discord.DiscordServerError):
            await channel.send("x")
        fake.come_back()
        await until(lambda: "resumed" in bot.events, "resumed", 20)
        await channel.send("back")
    assert [each.text for each in fake.messages(studio.channel)] == ["back"]


async def test_a_fault_that_never_struck_is_told(studio: Studio) -> None:
    studio.fake.faults.cut("DELETE /nowhere")

    with pytest.raises(AssertionError, match="never struck"):
        studio.fake.faults.assert_all_fired()
    studio.fake.faults.clear()
    studio.fake.faults.assert_all_fired()


async def test_what_does_not_exist_is_told_at_the_end(studio: Studio, api: Api) -> None:
    assert (await api.ask("GET", "/users/@me/secrets")).status == 404
    assert (await api.ask("DELETE", "/gateway/bot")).status == 405

    with pytest.raises(AssertionError, match="no such route: GET /users/@me/secrets"):
        studio.fake.assert_no_surprises()


async def test_a_client_that_is_killed_leaves_what_it_did(studio: Studio) -> None:
    """
    1. A client in a process of its own is killed at the moment when its picture has been stored.
    2. Another one is started.
    Result: the picture is there; the next client answers the button under it.
    """
    fake = studio.fake
    client = await asyncio.to_thread(probe_process.start, fake.api_base, fake.token)
    try:
        await fake.connected(30)
        fake.faults.crash(ORIGINAL, client.kill)
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")
        message = await asked.message()
        assert await asyncio.to_thread(client.wait, 10) == -signal.SIGKILL
    finally:
        client.kill()
        client.wait()

    async with probing(fake):
        answer = await (await fake.press(studio.ada, message, "probe:again:01")).message()
    assert answer.text == "again 01"
    fake.faults.assert_all_fired()
    fake.assert_no_surprises()


def test_a_test_that_blocks_has_the_fake_aside() -> None:
    """
    1. The fake runs in a thread, the client in a process, and the test waits for both without a loop of its own.
    2. The client is stopped for a moment, so that an interaction goes unanswered.
    Result: the first picture is there, the second user reads that nobody responds.
    """
    with Aside() as aside:
        guild = aside.call(lambda fake: fake.guild("studio"))
        channel = aside.call(lambda fake: fake.channel(guild))
        ada = aside.call(lambda fake: fake.user("ada", guild))
        client = probe_process.start(aside.fake.api_base, aside.fake.token)
        try:
            aside.do(lambda fake: fake.connected(30))
            asked = aside.do(lambda fake: fake.slash(ada, channel, "imagine", prompt="a fox"))
            assert aside.do(lambda _: asked.message()).text == "a fox"
            client.send_signal(signal.SIGSTOP)
            late = aside.do(lambda fake: fake.slash(ada, channel, "imagine", prompt="a cat"))
            with pytest.raises(NoAnswer):
                aside.do(lambda _: late.answered(0.1))
        finally:
            client.kill()
            client.wait()
        aside.fake.assert_no_surprises()
