"""``/cancel``: a job that waits or is drawn is ended."""

from __future__ import annotations

import pytest
from support.bot_commands import Person, only_seen_by
from support.bot_world import BotWorld

LONG = {"steps": 150, "count": 10}
NO_SUCH_JOB = "There is no such job."


def begun(person: Person, prompt: str = "a long one", **options: object) -> str:
    person.says("imagine", prompt=prompt, **{**LONG, **options})
    return str(person.jobs()[0]["id"])


def state(person: Person, job: str) -> str:
    return next(each["state"] for each in person.jobs() if each["id"] == job)


def test_an_own_job_is_ended_and_its_message_says_so(world: BotWorld) -> None:
    ann = Person(world, "ann")
    message = ann.says("imagine", prompt="a long one", **LONG)
    job = ann.jobs()[0]["id"]

    told = ann.says("cancel", job=job)

    assert only_seen_by(told, ann)
    world.daemon.until(lambda: "Cancelled" in message.text, 30, "its message says so")
    assert state(ann, job) == "cancelled"
    assert ann.says("cancel", job=job).text == "It is finished already."


def test_others_may_not(world: BotWorld) -> None:
    ben, cat = Person(world, "ben"), Person(world, "cat")
    job = begun(ben)

    assert "Only who asked for it" in cat.says("cancel", job=job).text
    assert state(ben, job) in ("queued", "running")
    ben.says("cancel", job=job)


def test_a_private_one_is_none_for_others_and_for_moderators(world: BotWorld) -> None:
    dan, eve, fay = Person(world, "dan"), Person(world, "eve"), Person(world, "fay").moderates()
    job = begun(dan, private=True)

    assert eve.says("cancel", job=job).text == NO_SUCH_JOB
    assert fay.says("cancel", job=job).text == NO_SUCH_JOB
    assert state(dan, job) in ("queued", "running")
    dan.says("cancel", job=job)


def test_moderators_end_those_of_their_guild(world: BotWorld) -> None:
    gus, hal = Person(world, "gus"), Person(world, "hal").moderates()
    job = begun(gus, "something unwanted")
    assert {"name": "something unwanted · drawing", "value": job} in hal.is_suggested("cancel", "job", "unwanted") or {
        "name": "something unwanted · waiting",
        "value": job,
    } in hal.is_suggested("cancel", "job", "unwanted")

    hal.says("cancel", job=job)

    world.daemon.until(lambda: state(gus, job) == "cancelled", 30, "it is cancelled")
    audit = hal.says("mezzotint audit").text
    assert f"<@{hal.user.id}>" in audit
    assert "cancel" in audit


def test_a_moderator_of_another_guild_may_not(world: BotWorld) -> None:
    ida = Person(world, "ida")
    job = begun(ida)
    other = world.call(lambda fake: fake.guild("other"))
    there = world.call(lambda fake: fake.channel(other))
    jon = Person(world, "jon")
    world.call(lambda fake: fake.world.join(jon.user, other))
    role = world.call(lambda fake: fake.role(other, "keepers", "manage_guild"))
    world.call(lambda fake: fake.give(jon.user, other, role))

    assert jon.says("cancel", job=job, where=there).text == NO_SUCH_JOB
    assert state(ida, job) in ("queued", "running")
    ida.says("cancel", job=job)


def test_only_own_ones_are_suggested_to_others(world: BotWorld) -> None:
    kim, lea = Person(world, "kim"), Person(world, "lea")
    job = begun(kim, "of kim")

    assert lea.is_suggested("cancel", "job") == []
    assert [each["value"] for each in kim.is_suggested("cancel", "job", "of")] == [job]
    kim.says("cancel", job=job)
    world.daemon.until(lambda: kim.is_suggested("cancel", "job") == [], 30, "it is over")


@pytest.mark.parametrize("typed", ["nope", "0" * 16, "%", "mz:cancel:0", "<@1>@everyone", "x" * 5_000])
def test_what_is_no_job_is_none(world: BotWorld, typed: str) -> None:
    assert Person(world, "max").says("cancel", job=typed).text == NO_SUCH_JOB
