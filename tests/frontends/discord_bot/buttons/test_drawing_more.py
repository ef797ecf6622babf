"""Buttons from which new pictures come."""

from __future__ import annotations

from support.bot_world import BotWorld
from support.fake_discord import modals
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.interactions import Interaction
from support.fake_discord.messages import Message
from support.pressing import drawn, finished, id_of, job_of, parent_of, pressed
from support.waiting import until


def test_reroll_draws_the_same_with_another_seed(world: BotWorld) -> None:
    first = drawn(world, prompt="a reroll", seed=7)
    second = finished(world, pressed(world, world.bob, first, "reroll"))

    before, after = world.daemon.job(job_of(first)), world.daemon.job(job_of(second))
    assert after["owner"] == f"discord:{world.bob.id}"
    assert parent_of(world, second) == before["id"]
    assert after["request"]["prompt"] == "a reroll"
    assert after["request"]["seed"] != 7
    assert f"/{first.id})" in second.text, "it links to where it comes from"


def test_vary_begins_with_the_picture_that_was_meant(world: BotWorld) -> None:
    """
    1. Two pictures are drawn.
    2. The second is varied a little, and then a lot.
    Result: jobs that come from that picture, with more or less of it drawn anew.
    """
    first = drawn(world, prompt="a variation", count=2)
    pictures = world.daemon.job(job_of(first))["pictures"]
    for verb, strength in (("subtle", 0.35), ("strong", 0.75)):
        made = finished(world, pressed(world, world.bob, first, verb, 1))
        after = world.daemon.job(job_of(made))
        assert parent_of(world, made) == pictures[1]["id"]
        assert after["request"]["denoising_strength"] == strength
        assert after["request"]["image"]
        assert after["request"]["count"] == 2


def test_pick_posts_one_picture_with_buttons_of_its_own(world: BotWorld) -> None:
    first = drawn(world, prompt="a choice", count=3)
    made = finished(world, pressed(world, world.bob, first, "pick", 2))

    assert len(made.pictures) == 1
    assert made.pictures[0].content == first.pictures[2].content
    assert made.gallery[0]["description"] == "a choice"
    assert id_of(made, "subtle") == f"mz:subtle:{job_of(first)}:2"
    again = finished(world, pressed(world, world.ada, made, "strong"))
    pictures = world.daemon.job(job_of(first))["pictures"]
    assert parent_of(world, again) == pictures[2]["id"]


def test_five_pictures_are_picked_from_menus(world: BotWorld) -> None:
    first = drawn(world, prompt="a menu", count=5)
    menu = id_of(first, "pick")

    async def choose(fake: FakeDiscord) -> Message:
        asked = await fake.choose(world.bob, first, menu, "4")
        return await asked.message()

    made = finished(world, world.do(choose))
    assert made.pictures[0].content == first.pictures[4].content


def test_a_press_that_is_told_twice_makes_one_job(world: BotWorld) -> None:
    first = drawn(world, prompt="a double")
    jobs = len(world.daemon.jobs())

    world.call(lambda fake: fake.gateway.faults.repeat("INTERACTION_CREATE"))
    made = finished(world, pressed(world, world.bob, first, "reroll"))

    assert len(world.daemon.jobs()) == jobs + 1
    assert job_of(made) != job_of(first)
    assert world.fake.gateway.faults.fired["event repeated"]


def test_the_form_is_filled_in_as_the_job_was_and_makes_another(world: BotWorld) -> None:
    """
    1. The edit button of a result is pressed, and the prompt and two options changed.
    2. Later the form is sent once more, from the second picture.
    Result: a job from the words alone, and one from that picture.
    """
    first = drawn(world, prompt="a form", count=2, guidance=5.5, negative="grey")
    button = id_of(first, "edit")

    async def edit(fake: FakeDiscord) -> tuple[Interaction, Message]:
        opened = await fake.press(world.bob, first, button)
        await opened.form()
        more = "steps: 3\nguidance: 5.5\nscheduler: Euler"
        sent = await fake.submit(opened, prompt="a changed form", more=more)
        return opened, await sent.message()

    opened, answer = world.do(edit)
    assert opened.modal is not None
    parts = modals.inputs(opened.modal)
    assert modals.preset(parts["prompt"]) == "a form"
    assert modals.preset(parts["negative"]) == "grey"
    assert modals.preset(parts["size"]) == ["64x64"]
    assert modals.preset(parts["start"]) == ["text"]
    assert "guidance: 5.5" in modals.preset(parts["more"])
    assert "seed" not in modals.preset(parts["more"])
    request = world.daemon.job(job_of(finished(world, answer)))["request"]
    assert (request["prompt"], request["negative_prompt"], request["steps"]) == ("a changed form", "grey", 3)
    assert (request["scheduler"], request["count"], request["image"]) == ("Euler", 1, None)

    async def again(fake: FakeDiscord) -> Message:
        return await (await fake.submit(opened, start=["1"])).message()

    second = world.daemon.job(job_of(finished(world, world.do(again))))["request"]
    assert second["image"]
    assert second["count"] == 2


def test_a_form_with_a_slip_is_answered_in_words(world: BotWorld) -> None:
    first = drawn(world, prompt="a slip")
    button = id_of(first, "edit")
    jobs = len(world.daemon.jobs())

    async def edit(fake: FakeDiscord) -> Message:
        opened = await fake.press(world.bob, first, button)
        await opened.form()
        await fake.submit(opened, more="stepps: 3")
        await until(lambda: fake.messages(world.channel, world.bob)[-1].ephemeral, "nothing was said")
        return fake.messages(world.channel, world.bob)[-1]

    said = world.do(edit)
    assert "stepps" in said.text
    assert said.seen_only_by == world.bob
    assert len(world.daemon.jobs()) == jobs
