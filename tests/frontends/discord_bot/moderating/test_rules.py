"""What a moderator sets changes what ``/imagine`` does, and is told in plain words."""

from __future__ import annotations

from typing import Any

import pytest
from support.bot_server import BotServer


def test_a_denied_channel(server: BotServer) -> None:
    server.says("channels deny", channel=server.channel)

    assert server.refused() == "You may not do that here."
    server.draws(where=server.other)
    server.says("channels clear", channel=server.channel)
    server.draws()


def test_a_denial_is_lifted_for_a_role(server: BotServer) -> None:
    server.says("channels deny", channel=server.channel)
    server.says("roles allow", role=server.patrons)
    server.world.call(lambda fake: fake.give(server.bob, server.guild, server.patrons))

    server.refused(server.ada)
    job = server.draws(server.bob)
    assert f"role:{server.patrons.id}" in job["groups"]


def test_everyone_is_denied_but_one(server: BotServer) -> None:
    server.says("roles deny", role=server.guild.everyone)
    server.says("members allow", user=server.bob)

    server.refused(server.ada)
    server.draws(server.bob)


def test_one_command_is_denied(server: BotServer) -> None:
    told = server.says("roles deny", role=server.guild.everyone, command="imagine")

    assert "use of “draw”: **no**" in told
    server.refused()


def test_a_block(server: BotServer) -> None:
    assert f"<@{server.ada.id}>" in server.says("block", user=server.ada, reason="*spam* @everyone")

    assert server.refused() == "You can't use this bot here: you have been blocked."
    listed = server.says("blocks")
    assert f"<@{server.ada.id}> · by <@{server.mod.id}>" in listed
    assert "\\*spam\\* @\u200beveryone" in listed
    server.says("unblock", user=server.ada)
    server.draws()
    assert server.says("unblock", user=server.ada) == "There was nothing set."


@pytest.mark.parametrize(
    ("what", "value", "said", "told"),
    [
        ("max_steps", 5, {"steps": 6}, "At most 5 steps"),
        ("max_pixels", 128 * 128, {"size": "136x128"}, "at most 16384 pixels"),
        ("max_count", 2, {"count": 3}, "At most 2 pictures at a time"),
        ("pictures_per_day", 2, {"count": 3}, "2 pictures a day"),
    ],
)
def test_a_maximum(server: BotServer, what: str, value: int, said: dict[str, Any], told: str) -> None:
    server.says("limits set", what=what, value=value)

    assert told in server.refused(**said)
    server.draws()
    assert f"**{value}**" in server.says("limits show")
    server.says("limits set", what=what, value=0, user=server.ada)
    server.draws(**said)


def test_what_was_left_open_is_brought_under_a_maximum(server: BotServer) -> None:
    server.says("limits set", what="max_steps", value=5)
    server.says("limits set", what="max_pixels", value=128 * 128)

    request = server.draws()["request"]

    assert (request["steps"], request["width"], request["height"]) == (5, 128, 128)


def test_pictures_a_day(server: BotServer) -> None:
    server.says("limits set", what="pictures_per_day", value=2)

    server.draws()
    server.draws()
    told = server.refused()
    assert told.startswith("What you may use is used up. There is more <t:")
    server.draws(server.bob)


def test_defaults_of_a_channel(server: BotServer) -> None:
    server.says("defaults set", steps=7, size="192x128", channel=server.channel)
    server.says("defaults set", count=2, channel=server.channel)

    request = server.draws()["request"]
    assert (request["steps"], request["width"], request["height"], request["count"]) == (7, 192, 128, 2)
    assert server.draws(steps=3)["request"]["steps"] == 3
    assert server.draws(where=server.other)["request"]["steps"] != 7
    assert "768x512" in server.says("defaults set", size="huge")
    server.says("defaults clear", channel=server.channel)
    assert server.draws()["request"]["steps"] != 7


def test_models(server: BotServer) -> None:
    assert server.says("models allow", model="nope") == "There is no model nope."
    server.says("models allow", model="starter", role=server.patrons)
    server.draws()
    server.says("models remove", model="starter", role=server.patrons)
    assert server.says("models clear", role=server.patrons) == "There was nothing set."


def test_pictures_only_in_age_restricted_channels(server: BotServer) -> None:
    server.says("nsfw age_restricted", on=True)
    grown_up = server.world.call(lambda fake: fake.channel(server.guild, "grown-up", nsfw=True))

    assert "age-restricted" in server.refused()
    server.draws(where=grown_up)
    server.says("nsfw age_restricted", on=False, channel=server.channel)
    server.draws()


def test_a_spoiler_is_forced(server: BotServer) -> None:
    server.says("nsfw spoiler", on=True, channel=server.channel)

    answer = server.world.done(server.answer(server.ada, "imagine", prompt="the end", spoiler=False))

    assert answer.now.gallery[0]["spoiler"] is True
    elsewhere = server.world.done(server.answer(server.ada, "imagine", server.other, prompt="the end"))
    assert elsewhere.now.gallery[0]["spoiler"] is False


def test_a_filter(server: BotServer) -> None:
    assert "“Blue Moon”" in server.says("filter add", phrase="Blue  Moon")
    server.says("filter add", phrase="gore")

    told = server.refused(prompt="under a BLUE\u00a0moon")
    assert told == "This prompt holds words that are not allowed here."
    server.draws(prompt="a bluemoon gorge")
    assert "Blue Moon" in server.says("filter show")
    server.says("filter remove", phrase="blue moon")
    server.draws(prompt="under a blue moon")
    server.refused(prompt="gore")
    assert server.says("filter add", phrase="!!") == "There is no word in that."


def test_what_is_refused_is_told_in_the_language_of_who_asked(server: BotServer) -> None:
    server.says("limits set", what="max_steps", value=5)
    greta = server.world.call(lambda fake: fake.user("greta", server.guild, locale="de"))
    fleur = server.world.call(lambda fake: fake.user("fleur", server.guild, locale="fr"))

    assert server.refused(greta, steps=6) == "Hier sind höchstens 5 Schritte erlaubt, nicht 6."
    assert server.refused(fleur, steps=6) == "Au plus 5 étapes sont permises ici, pas 6."


def test_rules_are_of_one_server(server: BotServer) -> None:
    other = BotServer(server.world)
    server.says("block", user=server.ada)
    server.world.call(lambda fake: fake.world.join(server.ada, other.guild))

    server.refused()
    job = server.draws(where=other.channel)
    assert f"member:{other.guild.id}.{server.ada.id}" in job["groups"]
