"""``/usage``: what was used, and what may be used."""

from __future__ import annotations

from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld


def test_what_was_used_is_told_to_who_used_it(world: BotWorld) -> None:
    ann, ben = Person(world, "ann"), Person(world, "ben")
    ann.draws("a red apple", count=3)

    told, other = ann.says("usage"), ben.says("usage")

    assert only_seen_by(told, ann)
    assert "Pictures: 3" in told.text
    assert "3 pictures" in told.text
    assert "Waiting jobs: 0" in told.text
    assert "Pictures: 0" in other.text
    assert "What this server used" not in told.text


def test_what_is_under_way_is_set_aside(world: BotWorld) -> None:
    cat = Person(world, "cat")
    world.daemon.call("POST", "/v1/queue/pause")
    cat.says("imagine", prompt="a boat", count=4)

    told = cat.says("usage")
    world.daemon.call("POST", "/v1/queue/resume")

    assert "Pictures: 0 (and 4 set aside" in told.text
    assert "Waiting jobs: 1" in told.text


def test_moderators_see_the_share_of_their_guild(world: BotWorld) -> None:
    dan = Person(world, "dan").moderates()
    Person(world, "eve").draws("two boats", count=2)

    told = dan.says("usage")

    own, guild = told.text.split("What this server used")
    assert "Pictures: 0" in own
    assert "Pictures: 0" not in guild


def test_what_moderators_allow_is_told(world: BotWorld) -> None:
    fay, gus = Person(world, "fay").moderates(), Person(world, "gus")
    gus.draws("a boat")
    fay.says("mezzotint limits set", what="pictures_per_day", value=30, user=gus.user)

    here = gus.says("usage").text

    assert " of 30" in here
