"""Whom a text notifies, and whom not."""

from __future__ import annotations

from typing import Any

import pytest
from support.discord_studio import Api, Studio
from support.fake_discord.people import User


async def _pinged(studio: Studio, api: Api, template: str, allowed: dict[str, Any] | None) -> list[User]:
    role = next(each for each in studio.guild.roles.values() if each.name == "artists")
    text = template.format(user=studio.ada.mention, role=role.mention)
    fields: dict[str, Any] = {"content": text}
    if allowed is not None:
        ids = {"ADA": str(studio.ada.id), "ROLE": str(role.id)}
        fields["allowed_mentions"] = {
            key: [ids.get(each, each) for each in value] if isinstance(value, list) else value
            for key, value in allowed.items()
        }
    told = await api.ask("POST", studio.here, fields)
    assert told.status == 200, told.body
    return studio.fake.messages(studio.channel)[-1].pings


@pytest.mark.parametrize(
    ("template", "allowed", "names"),
    [
        ("hi {user}", None, ["ada"]),
        ("hi {role}", None, ["bob"]),
        ("hi {user}", {"parse": []}, []),
        ("hi {user} {role}", {"parse": ["roles"]}, ["bob"]),
        ("hi {user} {role}", {"users": ["ADA"]}, ["ada"]),
        ("hi", {"users": ["ADA"]}, []),
        ("`{user}` is counted as well", {"parse": ["users"]}, ["ada"]),
        ("@everyone", None, []),
        ("@everyone {user}", {"parse": ["everyone"]}, []),
    ],
)
async def test_who_is_notified(
    studio: Studio, api: Api, template: str, allowed: dict[str, Any] | None, names: list[str]
) -> None:
    bob = studio.fake.user("bob", studio.guild)
    studio.fake.give(bob, studio.guild, studio.fake.role(studio.guild, "artists", mentionable=True))

    pinged = await _pinged(studio, api, template, allowed)

    assert [each.name for each in pinged] == names


async def test_a_role_is_notified_only_when_it_lets_itself(studio: Studio, api: Api) -> None:
    studio.fake.give(studio.ada, studio.guild, studio.fake.role(studio.guild, "artists"))

    assert await _pinged(studio, api, "{role}", None) == []
    studio.channel.grant(studio.fake.bot, "mention_everyone")
    assert await _pinged(studio, api, "{role}", None) == [studio.ada]


async def test_everybody_is_notified_only_by_who_may(studio: Studio, api: Api) -> None:
    studio.fake.role(studio.guild, "artists")
    studio.channel.grant(studio.fake.bot, "mention_everyone")

    assert studio.ada in await _pinged(studio, api, "@here", None)
    assert studio.ada not in await _pinged(studio, api, "@here", {"parse": ["users", "roles"]})


async def test_an_edit_mentions_but_notifies_nobody(studio: Studio, api: Api) -> None:
    told = await api.ask("POST", studio.here, {"content": "hi"})
    await api.ask("PATCH", f"{studio.here}/{told.body['id']}", {"content": studio.ada.mention})
    message = studio.fake.messages(studio.channel)[0]

    assert message.mentions.users == (studio.ada,)
    assert message.pings == []
    assert studio.fake.pings(studio.ada) == []


async def test_a_layout_mentions_too_and_an_interaction_parses_only_users(studio: Studio, api: Api) -> None:
    role = studio.fake.role(studio.guild, "artists", mentionable=True)
    asked = await studio.asked(text="hi")
    text = {"type": 10, "content": f"{studio.ada.mention} {role.mention} @everyone"}

    await api.answer(asked, 4, {"flags": 1 << 15, "components": [text]})

    message = studio.fake.messages(studio.channel)[0]
    assert message.mentions.users == (studio.ada,)
    assert message.mentions.roles == ()
    assert not message.mentions.everyone
    assert studio.fake.pings(studio.ada) == [message]
