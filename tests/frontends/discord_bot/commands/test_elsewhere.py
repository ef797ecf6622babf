"""The commands in direct messages, and where somebody brought the bot along for himself."""

from __future__ import annotations

from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld
from support.fake_discord.uploads import Upload
from support.pictures import picture


def test_everything_is_there_in_direct_messages(world: BotWorld) -> None:
    ann = Person(world, "ann")
    ann.where = world.call(lambda fake: fake.direct(ann.user))

    job = ann.draws("a red apple")
    edited = ann.says("edit", image=Upload("in.png", picture(64, 64)), prompt="a pear")
    world.done(edited)

    assert "a pear" in edited.text
    world.done(ann.says("again", job=job))
    world.done(ann.says("show", job=job))
    assert job in ann.says("history").text
    assert job in ann.says("search", text="apple").text
    assert "Your queue" in ann.says("queue").text
    assert "starter" in ann.says("models").text
    assert "You have set nothing" in ann.says("settings show").text
    assert "What you used" in ann.says("usage").text
    assert ann.says("cancel", job=job).text == "It is finished already."


def test_what_is_drawn_there_is_of_nobody_elses_concern(world: BotWorld) -> None:
    ben, cat = Person(world, "ben"), Person(world, "cat")
    direct = world.call(lambda fake: fake.direct(ben.user))
    there = world.done(ben.says("imagine", prompt="a platypus", where=direct))
    job = ben.jobs()[0]["id"]

    assert job in there.text
    assert cat.says("show", job=job).text == "There is no such job."
    assert job not in cat.says("search", text="platypus").text
    shown = world.done(ben.says("show", job=job))
    assert shown.seen_only_by is None


def test_who_brought_the_bot_along_uses_it_where_it_is_no_member(world: BotWorld) -> None:
    dan, eve = Person(world, "dan"), Person(world, "eve")
    abroad = world.call(lambda fake: fake.guild("abroad", with_bot=False))
    dan.where = world.call(lambda fake: fake.channel(abroad))
    eve.where = dan.where
    for person in (dan, eve):
        world.call(lambda fake, user=person.user: fake.world.join(user, abroad))
        person.user.application_installed = True

    job = dan.draws("a capybara")

    assert job in dan.says("history").text
    assert only_seen_by(dan.says("queue"), dan)
    again = world.done(dan.says("again"))
    shown = world.done(dan.says("show", job=job))
    assert "a capybara" in again.text
    assert job in shown.text
    assert job in eve.says("search", text="capybara").text
    other = world.call(lambda fake: fake.channel(abroad, "other"))
    assert job not in eve.says("search", text="capybara", where=other).text


def test_a_member_without_the_right_to_use_external_apps_sees_the_answer_alone(world: BotWorld) -> None:
    fay = Person(world, "fay")
    abroad = world.call(lambda fake: fake.guild("abroad", with_bot=False))
    fay.where = world.call(lambda fake: fake.channel(abroad))
    world.call(lambda fake: fake.world.join(fay.user, abroad))
    world.call(lambda fake: fay.where.deny(fay.user, "use_external_apps"))
    fay.user.application_installed = True

    job = fay.draws("a wombat")

    assert only_seen_by(world.done(fay.says("show", job=job)), fay)
