"""``/again``: a job is drawn once more."""

from __future__ import annotations

import pytest
from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld

NO_SUCH_JOB = "There is no such job."


def test_the_newest_is_drawn_again_with_another_seed(world: BotWorld) -> None:
    ann = Person(world, "ann")
    first = ann.draws("a red apple", size="256x320", steps=3, count=2, seed=7)

    message = world.done(ann.says("again"))

    newest, before = ann.jobs()
    assert before["id"] == first
    assert "Drawn again after [this picture](https://discord.com/channels/" in message.text
    assert newest["request"]["seed"] != 7
    assert {**newest["request"], "seed": 7} == before["request"]


def test_what_is_said_is_changed(world: BotWorld) -> None:
    ben = Person(world, "ben")
    first = ben.draws("a red apple", steps=3)

    world.done(ben.says("again", job=first, prompt="a green apple", count=2, seed=3))

    request = ben.jobs()[0]["request"]
    assert (request["prompt"], request["count"], request["seed"], request["steps"]) == ("a green apple", 2, 3, 3)


def test_one_picture_of_several_is_drawn_again_alone(world: BotWorld) -> None:
    cat = Person(world, "cat")
    cat.draws("two boats", count=2)
    picture = cat.jobs()[0]["pictures"][1]["id"]

    message = world.done(cat.says("again", job=picture))

    assert len(message.attachments) == 1
    assert "Drawn again after" in message.text


def test_others_draw_again_what_they_see(world: BotWorld) -> None:
    dan, eve = Person(world, "dan"), Person(world, "eve")
    first = dan.draws("a lighthouse")

    message = world.done(eve.says("again", job=first))

    assert eve.jobs()[0]["id"] in message.text
    assert eve.jobs()[0]["request"]["prompt"] == "a lighthouse"


def test_a_private_one_stays_private(world: BotWorld) -> None:
    fay, gus = Person(world, "fay"), Person(world, "gus")
    first = fay.draws("a secret", private=True)

    message = world.done(fay.says("again"))
    refused = gus.says("again", job=first)

    assert only_seen_by(message, fay)
    assert refused.text == NO_SUCH_JOB
    assert only_seen_by(refused, gus)
    assert gus.jobs() == []


@pytest.mark.parametrize("typed", ["nope", "0" * 16, "../../etc/passwd", "<@1> @everyone", "x" * 4_000, "0" * 15])
def test_what_is_no_job_is_none(world: BotWorld, typed: str) -> None:
    hal = Person(world, "hal")

    assert hal.says("again", job=typed).text == NO_SUCH_JOB


def test_who_has_drawn_nothing_is_told_so(world: BotWorld) -> None:
    ida = Person(world, "ida", locale="de")

    assert ida.says("again").text.startswith("Du hast noch nichts gezeichnet")


def test_own_jobs_are_suggested(world: BotWorld) -> None:
    jon, kim = Person(world, "jon"), Person(world, "kim")
    apple = jon.draws("a red apple")
    jon.draws("x" * 1_000)
    kim.draws("a red herring")

    assert jon.is_suggested("again", "job", "RED ") == [{"name": "a red apple · done", "value": apple}]
    assert [len(each["name"]) <= 100 for each in jon.is_suggested("again", "job")] == [True, True]
