"""``/search``: jobs by the words of their prompts."""

from __future__ import annotations

import pytest
from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord

from frontends.discord_bot.layouts.pages import MOST_JOBS


def test_own_and_public_ones_of_this_guild_are_found(world: BotWorld) -> None:
    ann, ben = Person(world, "ann"), Person(world, "ben")
    own, secret = ann.draws("a zeppelin over the sea"), ann.draws("my zeppelin", private=True)
    public, hidden = ben.draws("red zeppelin"), ben.draws("hidden zeppelin", private=True)
    other = ben.draws("a submarine")

    found = ann.says("search", text="Zeppelin")

    assert only_seen_by(found, ann)
    assert [each in found.text for each in (own, secret, public, hidden, other)] == [True, True, True, False, False]


def test_nothing_of_another_guild_is_found(world: BotWorld) -> None:
    cat = Person(world, "cat")
    job = cat.draws("a quokka")
    other = world.call(lambda fake: fake.guild("other"))
    there = world.call(lambda fake: fake.channel(other))
    dan = Person(world, "dan")
    for each in (cat, dan):
        world.call(lambda fake, each=each: fake.world.join(each.user, other))

    assert job not in dan.says("search", text="quokka", where=there).text
    assert job in cat.says("search", text="quokka", where=there).text
    assert job in dan.says("search", text="quokka").text


def test_nothing_of_a_channel_that_is_closed_to_somebody_is_found(world: BotWorld) -> None:
    gil, hen = Person(world, "gil"), Person(world, "hen")
    staff = world.call(lambda fake: fake.channel(world.guild, "staff"))
    job = gil.draws("a tardigrade", where=staff)
    assert job in hen.says("search", text="tardigrade").text

    def close(fake: FakeDiscord) -> None:
        staff.deny(hen.user, "view_channel")
        fake.changed(staff)

    world.call(close)

    world.daemon.until(lambda: job not in hen.says("search", text="tardigrade").text, 20, "it is found no more")
    assert hen.says("show", job=job).text == "There is no such job."
    assert hen.says("again", job=job).text == "There is no such job."
    assert job in gil.says("search", text="tardigrade").text


def test_pages_are_turned(world: BotWorld) -> None:
    eve, fay = Person(world, "eve"), Person(world, "fay")
    drawn = [eve.draws(f"narwhal {number}", private=True) for number in range(MOST_JOBS + 2)][::-1]

    page = eve.says("search", text="narwhal")
    assert [job in page.text for job in drawn] == [True] * MOST_JOBS + [False] * 2
    eve.turns(page, "Older")
    assert [job in page.text for job in drawn] == [False] * MOST_JOBS + [True] * 2
    eve.turns(page, "Newer")
    assert [job in page.text for job in drawn] == [True] * MOST_JOBS + [False] * 2

    fay.presses(page, page.button("Older")["custom_id"], forged=True)
    world.daemon.until(lambda: "too long ago" in page.text, 20, "a search of somebody else's is none")


@pytest.mark.parametrize(
    "text", ['"', "a OR b", "NEAR(", "*", "-", "prompt:x", "'; DROP TABLE jobs; --", "@everyone <@1>", "x" * 200, "猫"]
)
def test_any_text_may_be_searched_for(world: BotWorld, text: str) -> None:
    found = Person(world, "gus").says("search", text=text)

    assert "There is nothing here." in found.text
    assert found.pings == []
    assert "@everyone" not in found.text


def test_who_is_blocked_turns_no_page(world: BotWorld) -> None:
    ivo, jan = Person(world, "ivo").moderates(), Person(world, "jan")
    for number in range(MOST_JOBS + 1):
        jan.draws(f"axolotl {number}", private=True)
    page = jan.says("search", text="axolotl")
    ivo.says("mezzotint block", user=jan.user)
    edits = page.edits

    told = jan.presses(page, page.button("Older")["custom_id"])

    world.daemon.until(lambda: bool(told.followups) or page.edits > edits, 20, "it is answered")
    assert "blocked" in (told.followups[-1] if told.followups else page).text
