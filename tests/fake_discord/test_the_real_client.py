"""The real client, one bot of everything, and users who see what they should."""

from __future__ import annotations

import asyncio

import discord
import pytest
from support.discord_studio import Studio
from support.fake_discord.acts import NotOffered
from support.fake_discord.command_values import NotTaken
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.uploads import Upload
from support.pictures import picture
from support.probe_bot import Probe, probing
from support.waiting import until


async def test_a_command_becomes_a_picture_in_a_layout(studio: Studio) -> None:
    """
    1. A user draws three pictures.
    Result: one message that was first "thinking" and then the gallery, with alt texts, in the order of the files.
    """
    fake = studio.fake
    async with probing(fake):
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox", count=3)
        message = await asked.message()

    assert [each.loading for each in message.history] == [True, False]
    assert message.text == "a fox"
    assert [each.name for each in message.pictures] == ["0.png", "1.png", "2.png"]
    assert [item["description"] for item in message.gallery] == ["a fox"] * 3
    assert message.pictures[0].size == (8, 8)
    assert fake.messages(studio.channel) == [message]
    assert asked.acknowledged_after is not None
    assert asked.acknowledged_after < 3
    fake.assert_no_surprises()


async def test_a_button_lives_on_in_the_next_client(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake):
        message = await (await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")).message()

    async with probing(fake):
        pressed = await fake.press(studio.ada, message, message.button("Again")["custom_id"])
        answer = await pressed.message()

    assert answer.text == "again 01"
    assert answer.seen_only_by is studio.ada
    assert answer not in fake.messages(studio.channel)
    assert answer in fake.messages(studio.channel, seen_by=studio.ada)
    assert fake.commands.created_today() == 2, "the second start has made no commands anew"
    fake.assert_no_surprises()


async def test_a_modal_with_controls_is_opened_and_submitted(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake):
        message = await (await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")).message()
        pressed = await fake.press(studio.ada, message, "probe:edit")
        form = await pressed.form()
        assert form["title"] == "Edit and rerun"

        with pytest.raises(NotOffered, match="model"):
            await fake.submit(pressed, prompt="a cat", model=["huge"])
        submitted = await fake.submit(pressed, prompt="a cat", model=["large"], private=True)
        answer = await submitted.message()

    assert answer.text == "a cat ['large'] True"
    fake.assert_no_surprises()


async def test_suggestions_come_while_the_user_types(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake):
        choices = await fake.autocomplete(studio.ada, studio.channel, "imagine", "model", "la", prompt="a fox")

    assert [each["value"] for each in choices] == ["large"]
    fake.assert_no_surprises()


async def test_the_menu_of_a_message_hands_its_content_over(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake):
        said = await fake.say(studio.ada, studio.channel, "a fox in the snow")
        asked = await fake.context_menu(studio.ada, studio.channel, "Parameters", said)
        answer = await asked.message()

    assert answer.text == f"of {said.id}: a fox in the snow"
    fake.assert_no_surprises()


async def test_a_file_of_a_command_can_be_fetched(studio: Studio) -> None:
    fake, content = studio.fake, picture(32, 32)
    async with probing(fake):
        upload = Upload("fox in snow.png", content)
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox", image=upload)
        message = await asked.message()

    assert message.text == f"a fox from {len(content)} bytes"
    fake.assert_no_surprises()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "required"),
        ({"prompt": "a fox", "count": 11}, "11 is over 10"),
        ({"prompt": "a fox", "count": "3"}, "not int"),
        ({"prompt": "a fox", "mask": 1}, "there is no"),
        ({"prompt": "a" * 6001}, "over 6000"),
        ({"prompt": "a fox", "image": "fox.png"}, "takes a file"),
    ],
)
async def test_a_user_can_send_only_what_the_command_takes(
    studio: Studio, options: dict[str, object], said: str
) -> None:
    async with probing(studio.fake):
        with pytest.raises(NotTaken, match=said):
            await studio.fake.slash(studio.ada, studio.channel, "imagine", **options)


async def test_content_is_read_only_where_the_service_lets_it_be_read(studio: Studio) -> None:
    """
    1. A user opens a thread under a result and writes, then writes with a mention of the bot, then in direct messages.
    Result: without the privileged intent the bot reads the last two only.
    """
    fake, ada = studio.fake, studio.ada
    async with probing(fake) as bot:
        message = await (await fake.slash(ada, studio.channel, "imagine", prompt="a fox")).message()
        thread = fake.open_thread(ada, message)
        await fake.say(ada, thread, "make it blue", Upload("blue.png", picture()))
        await fake.say(ada, thread, f"{fake.bot.mention} make it red")
        await fake.say(ada, fake.direct(ada), "make it green")
        await until(lambda: len([each for each in bot.heard if not each.author.bot]) == 3, "three messages")
        heard = [each for each in bot.heard if not each.author.bot]

    assert [each.content for each in heard] == ["", f"<@{fake.bot.id}> make it red", "make it green"]
    assert heard[0].attachments == []
    assert isinstance(heard[0].channel, discord.Thread)
    assert heard[0].channel.id == message.id
    fake.assert_no_surprises()


async def test_two_clients_of_one_process_ask_different_services(studio: Studio) -> None:
    async with FakeDiscord(bot="other") as other, probing(studio.fake) as one, probing(other) as two:
        assert one.user is not None
        assert two.user is not None
        assert (one.user.name, two.user.name) == ("mezzotint", "other")
        guild = other.guild("elsewhere")
        channel, bob = other.channel(guild), other.user("bob", guild)
        await until(lambda: "available elsewhere" in two.events or two.get_guild(guild.id), "the guild")
        await (await other.slash(bob, channel, "imagine", prompt="a cat")).message()

        assert studio.fake.messages(studio.channel) == []
    studio.fake.assert_no_surprises()
    other.assert_no_surprises()


async def test_fifty_presses_at_once_are_each_answered(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake):
        message = await (await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox")).message()
        users = [fake.user(f"user{number}", studio.guild) for number in range(50)]
        pressed = [await fake.press(user, message, "probe:again:01") for user in users]
        answers = [await each.message() for each in pressed]

    assert [each.seen_only_by for each in answers] == users
    assert len(fake.interactions.delays()) == 51
    assert fake.interactions.delays()[-1] < 3
    fake.assert_no_surprises()


async def test_a_wrong_token_fails_at_login(studio: Studio) -> None:
    bot = Probe(studio.fake.api_base)
    with pytest.raises(discord.LoginFailure):
        await bot.start("wrong")
    await bot.close()

    assert studio.fake.limits.invalid == 1


async def test_a_revoked_token_ends_the_client(studio: Studio) -> None:
    bot = Probe(studio.fake.api_base)
    running = asyncio.create_task(bot.start(studio.fake.token))
    await until(lambda: "ready" in bot.events, "ready")
    await studio.fake.revoke_token()

    with pytest.raises(discord.ConnectionClosed) as caught:
        await asyncio.wait_for(running, 10)
    assert caught.value.code == 4004
    await bot.close()
