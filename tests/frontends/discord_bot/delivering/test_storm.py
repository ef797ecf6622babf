"""Every picture arrives exactly once, or is kept with the reason: whatever happens at whatever step."""

from __future__ import annotations

import pytest
from support.delivery_storm import DOORS, TROUBLES, Storm
from support.delivery_world import World

pytestmark = pytest.mark.slow


async def storm(world: World, patch: pytest.MonkeyPatch, jobs: int, seed: int) -> Storm:
    world.request_seconds = 5.0
    made = Storm(world, patch, seed)
    async with made.held:
        await made.connect()
        for _ in range(jobs):
            await made.case()
    print({name: made.met[name] for name in sorted(made.met)})
    return made


async def test_in_a_small_storm(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await storm(world, monkeypatch, 40, seed=1)

    assert made.problems() == []
    world.fake.assert_no_surprises()


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 5))
async def test_two_hundred_jobs_in_the_storm(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    made = await storm(world, monkeypatch, 200, seed)

    assert made.problems() == []
    assert {name for name in (*DOORS, *TROUBLES) if not made.met[name]} == set(), "each trouble has struck"
    states = {each.state for each in world.posts.every.values()}
    assert states == {"told", "kept"}
    world.fake.assert_no_surprises()
