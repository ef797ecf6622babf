"""A folder whose quota is used up waits: no line fails, no file is lost, and it goes on where it stood."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.folder_world import World

from config.settings import Settings

DAY = 86_400


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "state", "quota.db")
    yield made
    made.service.close()


def limit(world: World, **queue: Any) -> None:
    world.service.reconfigure(
        Settings.model_validate(
            {
                "state_dir": world.state_dir,
                "queue": queue,
                "quotas": {"rules": [{"of": "folder:*", "pictures_per_day": 10}]},
            }
        )
    )


async def test_lines_beyond_the_quota_wait_for_the_next_day_in_their_file(world: World) -> None:
    limit(world)
    world.drop("long.txt", "".join(f"prompt {number}\n" for number in range(24)))
    world.drop("other.txt", "another prompt")
    for day in range(1, 3):
        await world.finish()
        assert len(world.service.prompts) == 10 * day
        assert "degraded" in world.folder.status()
        (problem,) = world.folder.problems
        assert problem.why.startswith("folder:inbox has used up its 10 pictures a day (rule folder:*)")
        assert problem.heals.startswith("goes on by itself: there is more from 2027-01-1")
        world.restart()  # whatever it forgets: the rows know the line
        world.clock.now += DAY * 1000
    await world.finish()
    await world.look(61)
    await world.finish()
    assert sorted(world.service.prompts) == sorted([*(f"prompt {number}" for number in range(24)), "another prompt"])
    assert len(world.done) == 2
    assert world.failed == []
    assert world.folder.problems == ()


async def test_what_asks_for_more_than_may_ever_be_is_refused_and_the_others_are_drawn(world: World) -> None:
    limit(world)
    world.drop("list.csv", "prompt,count\na,1\nb,11\nc,1\n")
    await world.finish()
    assert sorted(world.service.prompts) == ["a", "c"]
    (failed,) = [name for name in world.failed if name.endswith(".error.txt")]
    assert "folder:inbox may have 10 pictures a day" in (world.places.failed / failed).read_text()


async def test_a_folder_keeps_within_the_cap_of_its_owner_and_is_well(world: World) -> None:
    limit(world, max_queued_per_owner=4)
    world.drop("long.txt", "".join(f"prompt {number}\n" for number in range(9)))
    await world.settle()
    assert len(world.service.prompts) == 4
    assert world.folder.problems == ()
    await world.finish(6)
    assert len(world.service.prompts) == 9
    assert len(world.done) == 1
