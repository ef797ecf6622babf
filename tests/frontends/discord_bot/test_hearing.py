"""Events that the library can't read, or that leave out what it takes for granted."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from support.bot_commands import Person
from support.bot_world import bot_world
from support.fake_discord.fake import FakeDiscord

WITHOUT = {
    "a channel": lambda told: {name: value for name, value in told.items() if name != "channel"},
    "the place of the channel": lambda told: {
        **told,
        "channel": {name: value for name, value in told["channel"].items() if name not in ("position", "name")},
    },
}


def _spoil(fake: FakeDiscord, spoiled: Any) -> None:
    dispatch = fake.gateway.dispatch

    def spoilt(event: str, data: Any, **more: Any) -> None:
        dispatch(event, spoiled(data) if event == "INTERACTION_CREATE" else data, **more)

    fake.gateway.dispatch = spoilt  # type: ignore[method-assign]


def test_an_event_that_can_not_be_read_costs_nobody_his_connection(tmp_path: pathlib.Path) -> None:
    with bot_world(tmp_path) as world:
        for event in ("INTERACTION_CREATE", "MESSAGE_CREATE", "GUILD_ROLE_UPDATE", "THREAD_CREATE"):
            world.call(lambda fake, event=event: fake.gateway.dispatch(event, {"id": "nonsense"}))  # type: ignore[misc]
        world.done(Person(world, "ann").says("imagine", prompt="a fox"))
        assert (world.fake.gateway.identifies, world.fake.gateway.resumes) == (1, 0)
        assert world.state() == "ready"


@pytest.mark.parametrize("without", WITHOUT)
def test_a_command_that_is_told_without_it_is_carried_out(tmp_path: pathlib.Path, without: str) -> None:
    with bot_world(tmp_path) as world:
        elsewhere = world.call(lambda fake: fake.guild("elsewhere", with_bot=False))
        channel = world.call(lambda fake: fake.channel(elsewhere))
        ann = Person(world, "ann", where=channel)
        world.call(lambda fake: fake.world.join(ann.user, elsewhere))
        ann.user.application_installed = True
        world.call(lambda fake: _spoil(fake, WITHOUT[without]))
        assert world.done(ann.says("imagine", prompt="a fox")).channel == channel
        assert [job["state"] for job in ann.jobs()] == ["done"]
