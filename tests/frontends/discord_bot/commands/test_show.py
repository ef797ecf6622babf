"""``/show``: a job is posted again, with buttons that live."""

from __future__ import annotations

import pytest
from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message

NO_SUCH_JOB = "There is no such job."


def custom_ids(message: Message) -> list[str]:
    return [each["custom_id"] for each in message.buttons]


def test_a_lost_message_is_mended(world: BotWorld) -> None:
    ann = Person(world, "ann")
    first = world.done(ann.says("imagine", prompt="a red apple", count=2))
    job = ann.jobs()[0]["id"]
    world.call(lambda fake: fake.remove(first))

    again = world.done(ann.says("show", job=job))

    assert [each.content for each in again.attachments] == [each.content for each in first.attachments]
    assert custom_ids(again) == custom_ids(first)
    assert len(ann.jobs()) == 1


def test_its_buttons_work(world: BotWorld) -> None:
    ben = Person(world, "ben")
    shown = world.done(ben.says("show", job=ben.draws("a boat")))

    pressed = ben.presses(shown, shown.button("Again")["custom_id"])

    world.done(ben.answer(pressed))
    assert len(ben.jobs()) == 2


def test_others_see_what_everybody_sees_there(world: BotWorld) -> None:
    cat, dan = Person(world, "cat"), Person(world, "dan")
    job = cat.draws("a lighthouse")
    elsewhere = world.call(lambda fake: fake.channel(world.guild, "elsewhere"))

    shown = world.done(dan.says("show", job=cat.jobs()[0]["pictures"][0]["id"], where=elsewhere))

    assert shown.channel is elsewhere
    assert shown.seen_only_by is None
    assert job in shown.text


def test_what_a_copy_shows_is_still_found_where_it_was_asked_for(world: BotWorld) -> None:
    eve, fay = Person(world, "eve"), Person(world, "fay")
    first = world.done(eve.says("imagine", prompt="a tower"))
    world.daemon.until(lambda: world.daemon.status()["deliveries"]["waiting"] == 0, 20, "it is on record")
    world.done(fay.says("show", job=eve.jobs()[0]["id"]))

    varied = world.done(eve.says("again"))

    assert f"/{first.id})" in varied.text


def test_a_private_one_is_shown_to_its_owner_only(world: BotWorld) -> None:
    gus, hal = Person(world, "gus"), Person(world, "hal")
    job = gus.draws("a secret", private=True)

    shown = world.done(gus.says("show", job=job))
    refused = hal.says("show", job=job)

    assert only_seen_by(shown, gus)
    assert refused.text == NO_SUCH_JOB
    assert only_seen_by(refused, hal)


def test_nobody_of_another_guild_sees_it(world: BotWorld) -> None:
    ida = Person(world, "ida")
    job = ida.draws("a castle")
    other = world.call(lambda fake: fake.guild("other"))
    there = world.call(lambda fake: fake.channel(other))
    jon = Person(world, "jon")
    world.call(lambda fake: fake.world.join(jon.user, other))

    assert jon.says("show", job=job, where=there).text == NO_SUCH_JOB


@pytest.mark.parametrize("typed", ["nope", "0" * 16, "mz:pick:0:0", "@everyone <@1>", "x" * 4_000])
def test_what_is_no_job_is_none(world: BotWorld, typed: str) -> None:
    kim = Person(world, "kim")
    refused = kim.says("show", job=typed)

    assert refused.text == NO_SUCH_JOB
    assert only_seen_by(refused, kim)


def test_one_that_is_under_way_is_looked_at_and_followed_elsewhere(world: BotWorld) -> None:
    lea, max_ = Person(world, "lea"), Person(world, "max")
    first = lea.says("imagine", prompt="a long one", steps=150, count=10)
    job = lea.jobs()[0]["id"]

    look = max_.says("show", job=job)

    assert job in look.text
    world.daemon.until(lambda: f"/{first.id})" in max_.says("show", job=job).text, 20, "its message is on record")
    lea.says("cancel", job=job)


def test_what_could_not_be_brought_is_brought(world: BotWorld) -> None:
    ned = Person(world, "ned")
    nowhere = world.call(lambda fake: fake.channel(world.guild, "nowhere"))
    ned.says("imagine", prompt="a lost one", steps=100, where=nowhere)
    job = ned.jobs()[0]["id"]

    def cut_off(fake: FakeDiscord) -> None:
        fake.close_channel(nowhere)
        fake.clock.advance(1_000)
        ned.user.direct_messages_open = False

    world.call(cut_off)
    world.daemon.until(lambda: "could not be brought" in ned.says("history").text, 60, "it is kept")

    shown = world.done(ned.says("show", job=job))

    assert job in shown.text
    world.daemon.until(lambda: "could not be brought" not in ned.says("history").text, 20, "that is on record")


def test_who_sees_a_copy_may_use_it_and_nothing_else_of_its_channel(world: BotWorld) -> None:
    oda, pia = Person(world, "oda"), Person(world, "pia")
    staff = world.call(lambda fake: fake.channel(world.guild, "staff"))

    def close(fake: FakeDiscord) -> None:
        staff.deny(pia.user, "view_channel")
        fake.changed(staff)

    world.call(close)
    job = oda.draws("a plan", where=staff)
    world.daemon.until(lambda: pia.says("show", job=job).text == NO_SUCH_JOB, 20, "it is closed to her")

    copy = world.done(oda.says("show", job=job))

    def reads() -> str:
        return pia.answer(pia.presses(copy, f"mz:parameters:{job}")).text

    world.daemon.until(lambda: "a plan" in reads(), 20, "the copy is on record")
    assert pia.says("show", job=job).text == NO_SUCH_JOB


def test_what_a_place_hides_is_hidden_there(world: BotWorld) -> None:
    quy, ria = Person(world, "quy").moderates(), Person(world, "ria")
    hidden = world.call(lambda fake: fake.channel(world.guild, "hidden"))
    quy.says("mezzotint nsfw spoiler", on=True, channel=hidden)
    job = ria.draws("a beach")

    shown = world.done(ria.says("show", job=job, where=hidden))

    assert shown.gallery[0]["spoiler"] is True


def test_who_is_blocked_shows_nothing(world: BotWorld) -> None:
    sam, tom = Person(world, "sam").moderates(), Person(world, "tom")
    job = tom.draws("a boat")
    sam.says("mezzotint block", user=tom.user)

    for name, said in (("show", {"job": job}), ("search", {"text": "boat"})):
        refused = tom.says(name, **said)
        assert job not in refused.text
        assert only_seen_by(refused, tom)
    assert "blocked" in tom.says("history").text


def test_who_is_blocked_uses_nothing_else_either(world: BotWorld) -> None:
    """Whatever is sent: commands, entries of menus, buttons, what is suggested while he types."""
    uma, van = Person(world, "uma").moderates(), Person(world, "van")
    drawn = world.done(van.says("imagine", prompt="a kite"))
    job = van.jobs()[0]["id"]
    assert van.is_suggested("show", "job")
    uma.says("mezzotint block", user=van.user)

    for name in ("queue", "models", "usage", "history", "settings show"):
        assert "blocked" in van.says(name).text
    for entry in ("Parameters", "Edit"):
        assert "blocked" in van.answer(van.points(entry, drawn)).text
    for verb in ("parameters", "favourite", "edit", "reroll"):
        pressed = van.presses(drawn, f"mz:{verb}:{job}", forged=True)
        world.daemon.until(lambda told=pressed: _told(told, "blocked"), 20, f"{verb} is refused")
    assert van.is_suggested("show", "job") == []
    assert len(van.jobs()) == 1


def _told(pressed: Interaction, text: str) -> bool:
    shown = [*pressed.followups, *([] if pressed.original is None else [pressed.original])]
    return any(text in each.text for each in shown)


def test_what_may_not_be_asked_for_in_a_channel_is_not_shown_there(world: BotWorld) -> None:
    ute, vic = Person(world, "ute").moderates(), Person(world, "vic")
    decent = world.call(lambda fake: fake.channel(world.guild, "decent"))
    ute.says("mezzotint filter add", phrase="gore", channel=decent)
    job = vic.draws("a lot of gore")

    assert "not allowed here" in vic.is_told("show", job=job, where=decent).text
