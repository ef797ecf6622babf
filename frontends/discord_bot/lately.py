"""What somebody did lately, kept under an id, so that a button or a form needs to carry the id only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.ids import new_id

if TYPE_CHECKING:
    from frontends.discord_bot.desk import Desk

SEARCHES, PICTURES = "searches", "pictures"
"""Texts that were searched for; pictures of others that were to be edited."""
KEPT = 5
"""Of each, for one person."""


async def keep(desk: Desk, owner: str, name: str, value: Any) -> str:
    """Remember a value; its id."""
    made = new_id(desk.clock())
    before = await desk.service.memory.get(owner, name) or {}
    kept = dict([*before.items()][-(KEPT - 1) :])
    await desk.service.memory.put(owner, name, {**kept, made: value})
    return made


async def find(desk: Desk, owner: str, name: str, made: str) -> Any | None:
    """The value; None when it was not his, or is too long ago."""
    return (await desk.service.memory.get(owner, name) or {}).get(made)
