"""The whole way of one file."""

from __future__ import annotations

from typing import Any


async def test_a_dropped_prompt_becomes_a_picture_named_after_it(world: Any) -> None:
    """1. a.txt is dropped. 2. It lies still. 3. It is drawn and delivered. Result: a.png, and a.txt in done/."""
    world.drop("a.txt", "a red apple\n")
    await world.finish()
    assert world.service.prompts == ["a red apple"]
    assert world.results == ["a.png"]
    assert world.files(world.places.outbox) == ["a.png", "a.png.json"]
    assert world.done == ["2027-01-15/a.txt"]
    assert world.left == []
    assert world.failed == []
