"""How soon the bot answers while the engine draws and many press at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.bot_world import FAKE_ENGINE, bot_world
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.people import User
from support.pressing import drawn, id_of

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

PEOPLE = 50
ROUNDS = 4
VERBS = ("reroll", "subtle", "parameters", "favourite")
MOST_SECONDS = 1.0


@pytest.mark.parametrize("engine", ["fake", "local"])
def test_fifty_who_press_at_once_are_answered_within_a_second(tmp_path: Path, engine: str) -> None:
    environment = {**FAKE_ENGINE, "MEZZOTINT_ENGINE__KIND": engine, "MEZZOTINT_ENGINE__THREADS": "1"}
    with bot_world(tmp_path, environment) as world:
        first = drawn(world, prompt="a fox")
        people = world.call(lambda fake: [fake.user(f"p{number}", world.guild) for number in range(PEOPLE)])
        for _ in range(4):
            world.daemon.submit("a long one", steps=150)
        delays: list[float] = []

        async def all_press(fake: FakeDiscord, verb: str) -> list[float]:
            custom_id = id_of(first, verb)

            async def one(user: User) -> float:
                asked = await fake.press(user, first, custom_id)
                await asked.answered(30)
                assert asked.acknowledged_after is not None
                return asked.acknowledged_after

            return list(await asyncio.gather(*(one(user) for user in people)))

        for number in range(ROUNDS):
            delays += world.do(lambda fake, number=number: all_press(fake, VERBS[number]), 120)  # type: ignore[misc]
        delays.sort()
        p99 = delays[int(0.99 * (len(delays) - 1))]
        print(
            f"{engine}: {len(delays)} presses, answered after {delays[len(delays) // 2]:.3f} s (p50), {p99:.3f} s (p99)"
        )
        assert p99 < MOST_SECONDS
