"""What somebody searched for lately, so that a button that turns the page needs to carry an id only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.ids import new_id

if TYPE_CHECKING:
    from frontends.discord_bot.desk import Desk

NAME = "searches"
KEPT = 5
"""Searches of one person whose pages can be turned."""
MOST_CHARACTERS = 200
"""Of a search."""


async def keep(desk: Desk, owner: str, text: str) -> str:
    """Remember a text; its id."""
    made = new_id(desk.clock())
    before = await desk.service.memory.get(owner, NAME) or {}
    kept = dict([*before.items()][-(KEPT - 1) :])
    await desk.service.memory.put(owner, NAME, {**kept, made: text})
    return made


async def find(desk: Desk, owner: str, search: str) -> str | None:
    """The text; None when it was not his, or is too long ago."""
    found = (await desk.service.memory.get(owner, NAME) or {}).get(search)
    return None if found is None else str(found)
