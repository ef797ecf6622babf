"""SimCord, another stand-in for the service, made by others: where both have an opinion it is the same."""

from __future__ import annotations

from typing import Any

import discord
import pytest
import simcord
from discord.http import Route
from support.discord_layouts import BAD, GOOD, V2
from support.discord_studio import Api, Studio
from support.probe_bot import Probe, probing

MORE_STRICT = {
    "an empty box",
    "nothing on a button",
    "an empty alt text",
    "a scheme of another kind",
    "a file from the web",
}
"""Layouts that only this fake refuses. SimCord looks at no commands either, and lets no token expire."""


async def test_the_same_bot_does_the_same_in_both(studio: Studio) -> None:
    fake = studio.fake
    async with probing(fake):
        asked = await fake.slash(studio.ada, studio.channel, "imagine", prompt="a fox", count=2)
        ours = await asked.message()
        again = await (await fake.press(studio.ada, ours, "probe:again:01")).message()
        pressed = await fake.press(studio.ada, ours, "probe:edit")
        await pressed.form()
        submitted = await fake.submit(pressed, prompt="a cat", model=["large"], private=True)
        said = await submitted.message()
        suggested = await fake.autocomplete(studio.ada, studio.channel, "imagine", "model", "la")

    async with simcord.run(Probe(None)) as other:
        guild = other.create_guild()
        channel = guild.create_text_channel("general")
        ada = guild.add_member(other.create_user("ada"))
        theirs = (await ada.slash(channel, "imagine", prompt="a fox", count=2)).response
        clicked = await ada.click(theirs, custom_id="probe:again:01")
        shown = await ada.click(theirs, custom_id="probe:edit")
        filled = await ada.submit_modal(shown, {"prompt": "a cat", "model": ["large"], "private": True})
        offered = await ada.autocomplete(channel, "imagine", "model", "la")

    assert clicked.response.content == again.text
    assert filled.response.content == said.text
    assert [dict(each) for each in offered] == suggested
    assert theirs.flags.value == ours.flags
    fake.assert_no_surprises()


@pytest.fixture(scope="module")
def layouts() -> dict[str, list[dict[str, Any]]]:
    return GOOD | {name: case[0] for name, case in BAD.items()}


async def test_both_refuse_the_same_layouts(studio: Studio, api: Api, layouts: dict[str, Any]) -> None:
    studio.fake.limits.loosen()
    bot = Probe(None)
    ours, theirs = {}, {}
    async with simcord.run(bot) as other:
        channel = other.create_guild().create_text_channel("general")
        for name, layout in layouts.items():
            fields = {"flags": V2, "components": layout}
            ours[name] = (await api.ask("POST", studio.here, fields)).status
            try:
                route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
                await bot.http.request(route, json=fields)
                theirs[name] = 200
            except discord.HTTPException as refused:
                theirs[name] = refused.status

    assert {name for name in ours if ours[name] != theirs[name]} == MORE_STRICT
    assert 400 in theirs.values()
