"""``/schedule``: pictures that come by themselves into the channel where they were set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.bot_world import BotWorld, bot_world
from support.fake_discord.people import User


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotWorld]:
    with bot_world(tmp_path_factory.mktemp("schedule")) as found:
        yield found
        found.call(lambda fake: fake.assert_no_surprises())


def told(world: BotWorld, user: User, verb: str, /, **options: object) -> str:
    message = world.slash(user, f"schedule {verb}", **options)
    assert message.seen_only_by == user
    return message.now.text


def test_from_adding_to_removing(world: BotWorld) -> None:
    added = told(
        world,
        world.ada,
        "add",
        name="morning",
        when="mon-fri 08:00",
        prompt="a sun of {date}",
        timezone="Europe/Berlin",
    )
    assert "morning" in added
    assert added.count("<t:") == 6  # three times, each as a time and as a distance
    assert "morning" in told(world, world.ada, "list")
    assert told(world, world.ada, "next", name="morning").count("<t:") == 10
    assert "rests" in told(world, world.ada, "pause", name="morning")
    assert "paused" in told(world, world.ada, "list")
    assert "goes on" in told(world, world.ada, "resume", name="morning")
    names = world.do(lambda fake: fake.autocomplete(world.ada, world.channel, "schedule next", "name", "mo"))
    assert [each["value"] for each in names] == ["morning"]
    assert "removed" in told(world, world.ada, "remove", name="morning")
    assert "no schedules" in told(world, world.ada, "list")


def test_its_picture_comes_into_the_channel(world: BotWorld) -> None:
    told(world, world.ada, "add", name="hourly", when="every 1h", prompt="a clock", spoiler=True)
    before = {each.id for each in world.call(lambda fake: fake.messages(world.channel))}
    told(world, world.ada, "run", name="hourly")

    def new() -> list[object]:
        found = world.call(lambda fake: fake.messages(world.channel))
        return [each for each in found if each.id not in before and each.attachments]

    world.daemon.until(lambda: bool(new()), 60, "the picture has come")
    (message,) = new()
    assert message.now.gallery[0]["spoiler"] is True  # type: ignore[attr-defined]
    job = world.jobs()[0]
    assert (job["lane"], job["owner"]) == ("scheduled", f"discord:{world.ada.id}")
    told(world, world.ada, "remove", name="hourly")


def test_one_persons_schedules_are_nothing_to_another(world: BotWorld) -> None:
    told(world, world.ada, "add", name="mine", when="every 1d", prompt="a secret garden")
    for verb in ("next", "pause", "resume", "run", "remove"):
        assert "no schedule of this name" in told(world, world.bob, verb, name="mine")
    assert "no schedules" in told(world, world.bob, "list")
    assert "mine" in told(world, world.bob, "add", name="mine", when="every 1d", prompt="another")
    told(world, world.ada, "remove", name="mine")
    told(world, world.bob, "remove", name="mine")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": "a", "when": "now and then", "prompt": "x"}, "understand when"),
        ({"name": "a", "when": "every 10s", "prompt": "x"}, "too often"),
        ({"name": "a", "when": "* * * * *", "prompt": "x"}, "too often"),
        ({"name": "a b", "when": "08:00", "prompt": "x"}, "1 to 32 letters"),
        ({"name": "a", "when": "08:00", "prompt": "x", "size": "9999x9999"}, "width"),
        ({"name": "a", "when": "2020-01-01 08:00", "prompt": "x"}, "past"),
    ],
)
def test_what_can_not_be_is_said(world: BotWorld, said: dict[str, object], why: str) -> None:
    assert why in told(world, world.ada, "add", **said)
    assert "no schedules" in told(world, world.ada, "list")


def test_there_is_an_end_to_how_many(world: BotWorld) -> None:
    for number in range(10):
        told(world, world.bob, "add", name=f"s{number}", when="every 1d", prompt="x")
    assert "more may not be" in told(world, world.bob, "add", name="s10", when="every 1d", prompt="x")
