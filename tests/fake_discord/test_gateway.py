"""The gateway and the real client: logins, lost connections, missed events, zombies."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import discord
import pytest
from support.discord_studio import Studio
from support.fake_discord.fake import FakeDiscord
from support.probe_bot import Probe, probing
from support.waiting import until


async def test_missed_events_come_after_a_lost_connection(studio: Studio) -> None:
    """
    1. The line breaks without a word while the client is ready.
    2. Before it is back a user writes and asks.
    Result: the session goes on, and both are heard, once.
    """
    fake, ada = studio.fake, studio.ada
    async with probing(fake) as bot:
        await fake.gateway.drop()
        await fake.say(ada, studio.channel, f"{fake.bot.mention} are you there")
        asked = await fake.slash(ada, studio.channel, "imagine", prompt="a fox")
        await asked.message()
        await until(lambda: "resumed" in bot.events, "resumed")
        await until(lambda: bot.heard, "the message")

        assert [each.content for each in bot.heard if not each.author.bot] == [f"<@{fake.bot.id}> are you there"]
        assert (fake.gateway.identifies, fake.gateway.resumes) == (1, 1)
        assert fake.asked("GET /gateway/bot") != []
        assert len(fake.gateway.sessions) == 1
    fake.assert_no_surprises()


async def test_a_refused_resume_becomes_a_new_session(studio: Studio) -> None:
    fake = studio.fake
    fake.gateway.faults.refuse_resumes(1)
    async with probing(fake) as bot:
        await fake.gateway.drop()
        await until(lambda: bot.events.count("ready") == 2, "ready again")

        await (await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")).message()
    assert fake.gateway.faults.fired["resume refused"] == 1
    assert (fake.gateway.identifies, fake.gateway.resumes) == (2, 1)
    fake.assert_no_surprises()


async def test_a_call_to_reconnect_is_followed(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        await fake.gateway.reconnect()
        await until(lambda: "resumed" in bot.events, "resumed")
        await fake.gateway.invalidate()
        await until(lambda: bot.events.count("ready") == 2, "ready again")
        await fake.gateway.ask_for_heartbeat()
        await fake.gateway.drop(4000)
        await until(lambda: bot.events.count("resumed") == 2, "resumed again")
    assert fake.gateway.closed_with == [4000]
    fake.assert_no_surprises()


async def test_the_connection_breaks_after_a_chosen_event(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        fake.gateway.faults.drop_after(2, "INTERACTION_CREATE")
        answers = []
        for number in range(3):
            asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt=str(number))
            answers.append((await asked.message()).text)
        await until(lambda: "resumed" in bot.events, "resumed")

    assert answers == ["0", "1", "2"]
    assert fake.gateway.faults.fired["connection dropped"] == 1
    fake.assert_no_surprises()


async def test_an_event_may_come_twice(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        fake.gateway.faults.repeat("INTERACTION_CREATE")
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")
        await asked.message()
        await until(lambda: fake.refused(40060), "the second answer")
        await until(lambda: bot.errors, "the error of the second")

    assert len(fake.messages(studio.channel)) == 1
    with pytest.raises(AssertionError, match="40060"):
        fake.assert_no_surprises()


async def test_an_event_held_back_is_too_late_to_be_answered(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        fake.gateway.faults.hold_back("INTERACTION_CREATE", 0.05)
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")
        fake.clock.advance(3.1)
        await until(lambda: bot.errors, "the error")

    error = bot.errors[0]
    assert isinstance(error, discord.NotFound)
    assert error.code == 10062
    assert fake.interactions.unanswered() == [asked]
    assert fake.messages(studio.channel) == []


async def test_a_login_that_comes_too_fast_is_tried_again(studio: Studio) -> None:
    studio.fake.gateway.faults.refuse_identifies(1)
    async with probing(studio.fake):
        assert studio.fake.gateway.faults.fired["identify refused"] == 1
        assert studio.fake.gateway.identifies == 1


async def test_a_sharded_client_gets_the_events_of_its_guilds(studio: Studio) -> None:
    """The first shard hears of direct messages, and each of the guilds whose ids fall to it."""
    fake = studio.fake
    async with aiohttp.ClientSession() as session:
        heard = []
        for number in (0, 1):
            socket = await _connected(session, fake)
            login = {"token": fake.token, "intents": 1, "shard": [number, 2], "properties": {}}
            await socket.send_json({"op": 2, "d": login})
            await socket.receive_json()
            heard.append([each["id"] for each in (await socket.receive_json())["d"]["guilds"]])

    mine = (studio.guild.id >> 22) % 2
    assert heard[mine] == [str(studio.guild.id)]
    assert heard[1 - mine] == []


async def test_a_zombie_is_left_by_the_client(studio: Studio) -> None:
    fake = studio.fake
    fake.gateway.heartbeat_seconds = 0.1
    async with probing(fake, heartbeat_timeout=0.5) as bot:
        fake.gateway.faults.deafen()
        await until(lambda: fake.gateway.faults.fired["heartbeat unanswered"] > 2, "heartbeats")
        await until(lambda: "disconnect" in bot.events, "left")
        fake.gateway.faults.deafen(False)
        await until(lambda: "resumed" in bot.events, "resumed")
    fake.assert_no_surprises()


async def test_a_client_waits_for_a_gateway_that_is_not_there(studio: Studio) -> None:
    async with probing(studio.fake) as bot:
        studio.fake.gateway.faults.refuse_connections(1)
        await studio.fake.gateway.drop()
        await until(lambda: "resumed" in bot.events, "resumed", 20)
    assert studio.fake.gateway.faults.fired["connection refused"] == 1


async def test_a_privileged_intent_has_to_be_allowed(studio: Studio) -> None:
    intents = discord.Intents(guilds=True, message_content=True)
    bot = Probe(studio.fake.api_base, intents=intents)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await asyncio.wait_for(bot.start(studio.fake.token), 10)
    await bot.close()
    assert studio.fake.gateway.closed_with == [4014]

    studio.fake.gateway.allowed_intents |= intents.value
    async with probing(
        studio.fake, intents=discord.Intents(guild_messages=True, guilds=True, message_content=True)
    ) as again:
        await studio.fake.say(studio.ada, studio.channel, "read this")
        await until(lambda: again.heard, "the message")
        assert again.heard[0].content == "read this"


async def test_guilds_come_and_go(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        fake.lose_guild(studio.guild)
        await until(lambda: "unavailable studio" in bot.events, "lost")
        fake.find_guild(studio.guild)
        await until(lambda: bot.events.count("available studio") == 2, "found")
        other = fake.guild("second")
        await until(lambda: bot.get_guild(other.id), "joined")
        fake.remove_bot(other)
        await until(lambda: "removed second" in bot.events, "left")
        channel = fake.channel(studio.guild, "adults", nsfw=True)
        await until(lambda: bot.get_channel(channel.id), "the channel")
        known = bot.get_channel(channel.id)
        assert isinstance(known, discord.TextChannel)
        assert known.is_nsfw()
        channel.deny(studio.guild.everyone, "send_messages")
        fake.changed(channel)
        await until(lambda: not known.permissions_for(known.guild.me).send_messages, "the permission")
        fake.close_channel(channel)
        await until(lambda: bot.get_channel(channel.id) is None, "closed")
    fake.assert_no_surprises()


@pytest.mark.parametrize(("code", "alive"), [(1000, False), (4000, True)])
async def test_only_a_clean_end_gives_the_session_up(studio: Studio, code: int, alive: bool) -> None:
    """The library ends with 4000 even when it is closed for good, because its reader answers first."""
    fake = studio.fake
    async with aiohttp.ClientSession() as session, _connected(session, fake) as socket:
        await socket.send_json({"op": 2, "d": {"token": fake.token, "intents": 1, "properties": {}}})
        await until(lambda: fake.gateway.online, "online")
        (known,) = fake.gateway.online
        await socket.close(code=code)
    await until(lambda: not known.connected, "gone")

    assert known.alive is alive


def _connected(session: aiohttp.ClientSession, fake: FakeDiscord) -> Any:
    """A connection without compression."""
    return session.ws_connect(f"{fake.gateway_url}?v=10&encoding=json")


WRONG: dict[str, tuple[list[Any], int]] = {
    "no JSON": (["{"], 4002),
    "too long": (["x" * 5000], 4002),
    "something before the login": ([{"op": 3, "d": {}}], 4003),
    "an unknown operation": (["IDENTIFY", {"op": 99, "d": {}}], 4001),
    "two logins": (["IDENTIFY", "IDENTIFY"], 4005),
    "a wrong token": ([{"op": 2, "d": {"token": "x", "intents": 1}}], 4004),
    "unknown intents": (["INTENTS"], 4013),
    "a shard that is not there": (["SHARD"], 4010),
    "too many messages": ([{"op": 1, "d": None}] * 121, 4008),
}


@pytest.mark.parametrize("case", WRONG)
async def test_who_breaks_the_protocol_is_shown_out(studio: Studio, case: str) -> None:
    fake = studio.fake
    sent, code = WRONG[case]
    login = {"token": fake.token, "intents": 1, "properties": {}}
    written = {
        "IDENTIFY": {"op": 2, "d": login},
        "INTENTS": {"op": 2, "d": {**login, "intents": 1 << 30}},
        "SHARD": {"op": 2, "d": {**login, "shard": [1, 1]}},
    }
    async with aiohttp.ClientSession() as session, _connected(session, fake) as socket:
        assert (await socket.receive_json())["op"] == 10
        for each in sent:
            payload = written.get(each, each) if isinstance(each, str) else each
            await socket.send_str(payload if isinstance(payload, str) else json.dumps(payload))
        while not socket.closed:
            await socket.receive(timeout=5)
        assert socket.close_code == code


async def test_a_wrong_sequence_is_told(studio: Studio) -> None:
    async with probing(studio.fake, sync=False):
        (number,) = studio.fake.gateway.sessions
        async with aiohttp.ClientSession() as session, _connected(session, studio.fake) as socket:
            await socket.receive_json()
            data = {"token": studio.fake.token, "session_id": number, "seq": 999}
            await socket.send_json({"op": 6, "d": data})
            await socket.receive(timeout=5)
            assert socket.close_code == 4007


async def test_a_session_waits_for_minutes_only(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake) as bot:
        await fake.gateway.drop()
        fake.clock.advance(600)
        await until(lambda: bot.events.count("ready") == 2, "ready again")
    assert "resumed" not in bot.events
