"""``/history``: own results, a page at a time."""

from __future__ import annotations

from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld

from frontends.discord_bot.layouts.pages import MOST_JOBS


def test_own_results_are_listed_with_thumbnails_and_links(world: BotWorld) -> None:
    ann, ben = Person(world, "ann"), Person(world, "ben")
    first, other = ann.draws("a red apple"), ben.draws("a blue pear")
    secret = ann.draws("a secret", private=True)

    listed = ann.says("history")

    assert only_seen_by(listed, ann)
    assert first in listed.text
    assert secret in listed.text
    assert other not in listed.text
    assert listed.text.index(secret) < listed.text.index(first)
    assert [each.name.endswith(".webp") for each in listed.attachments] == [True, True]
    assert listed.text.count("https://discord.com/channels/") == 1


def test_pages_are_turned(world: BotWorld) -> None:
    cat = Person(world, "cat")
    drawn = [cat.draws(f"number {number}") for number in range(MOST_JOBS + 2)][::-1]

    page = cat.says("history")
    assert [job in page.text for job in drawn] == [True] * MOST_JOBS + [False] * 2

    cat.turns(page, "Older")
    assert [job in page.text for job in drawn] == [False] * MOST_JOBS + [True] * 2
    assert len(page.attachments) == 2

    cat.turns(page, "Newest")
    assert [job in page.text for job in drawn] == [True] * MOST_JOBS + [False] * 2


def test_a_page_is_of_who_presses_whatever_its_id(world: BotWorld) -> None:
    dan, eve = Person(world, "dan"), Person(world, "eve")
    for number in range(MOST_JOBS + 1):
        dan.draws(f"a secret of dan {number}", private=True)
    page = dan.says("history")

    eve.presses(page, page.button("Older")["custom_id"], forged=True)

    world.daemon.until(lambda: page.edits > 1, 20, "the page has turned")
    assert "There is nothing here." in page.text


def test_prompts_are_shown_as_they_were_typed(world: BotWorld) -> None:
    fay = Person(world, "fay")
    for _ in range(MOST_JOBS + 1):
        fay.draws(("@everyone <@1> **bold** [x](https://evil.example) " * 100)[:4_000])

    listed = fay.says("history")

    assert listed.pings == []
    assert "@everyone" not in listed.text
    assert "](https://evil" not in listed.text
    assert len(listed.text) <= 4_000
    assert len(listed.attachments) == MOST_JOBS


def test_a_spoiler_stays_one(world: BotWorld) -> None:
    gus = Person(world, "gus")
    gus.draws("the end", spoiler=True)

    (file,) = gus.says("history").attachments

    assert file.name.startswith("SPOILER_")


def test_what_failed_says_why(world: BotWorld) -> None:
    hal = Person(world, "hal")
    hal.says("imagine", prompt="a long one", steps=150, count=10)
    hal.says("cancel", job=hal.jobs()[0]["id"])
    world.daemon.until(lambda: hal.jobs()[0]["state"] == "cancelled", 30, "it is cancelled")

    assert "cancelled" in hal.says("history").text


def test_favourites_are_found(world: BotWorld) -> None:
    ida = Person(world, "ida")
    liked = world.done(ida.says("imagine", prompt="a liked one"))
    kept = ida.jobs()[0]["id"]
    other = ida.draws("another")
    ida.presses(liked, liked.button("Favourite")["custom_id"])

    def shown() -> str:
        return ida.says("history", favourites=True).text

    world.daemon.until(lambda: kept in shown(), 20, "it is among the favourites")
    assert other not in shown()


def test_a_favourite_is_listed_where_it_may_be_seen(world: BotWorld) -> None:
    lev, mia = Person(world, "lev"), Person(world, "mia")
    liked = world.done(lev.says("imagine", prompt="a liked one of his"))
    job = lev.jobs()[0]["id"]
    mia.presses(liked, liked.button("Favourite")["custom_id"])
    world.daemon.until(lambda: job in mia.says("history", favourites=True).text, 20, "it is among the favourites")

    elsewhere = world.call(lambda fake: fake.direct(mia.user))
    listed = mia.says("history", favourites=True, where=elsewhere)

    assert job not in listed.text
    assert "1 more are seen only where they were drawn" in listed.text
    assert listed.attachments == ()


def test_nothing_is_said_to_be_there_in_every_language(world: BotWorld) -> None:
    assert "Hier ist nichts." in Person(world, "jon", locale="de").says("history").text
    assert "y a rien ici." in Person(world, "kim", locale="fr").says("history").text
