"""What lies in a channel from long ago goes on working."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.bot_world import bot_world
from support.pressing import drawn, finished, job_of, pressed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_buttons_of_messages_from_before_ten_restarts_still_work(tmp_path: Path) -> None:
    """
    1. A picture is drawn.
    2. The daemon is stopped or killed and started again, ten times; the token of the message is long void.

    Result: every button does what it did.
    """
    with bot_world(tmp_path) as world:
        first = drawn(world, prompt="an old fox", count=2)
        for number in range(10):
            if number % 2:
                world.daemon.kill()
            else:
                assert world.daemon.stop() == 0
            world.call(lambda fake: fake.clock.advance(3600))
            world.start()
        assert "Seed" in pressed(world, world.bob, first, "parameters").text
        assert "favourites" in pressed(world, world.bob, first, "favourite").text
        for verb, index in (("reroll", None), ("subtle", 0), ("strong", 1), ("pick", 1)):
            assert finished(world, pressed(world, world.bob, first, verb, index)).attachments
        again = finished(world, pressed(world, world.ada, first, "reroll"))
        assert world.daemon.job(job_of(again))["request"]["prompt"] == "an old fox"
        question = pressed(world, world.ada, first, "delete")
        assert pressed(world, world.ada, question, "remove").text == "Deleted."
        world.call(lambda fake: fake.assert_no_surprises())
