"""What a user does with a message of the bot, and what comes of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from support.bot_world import BotWorld
from support.fake_discord.fake import FakeDiscord
from support.fake_discord.messages import Message
from support.fake_discord.people import User

PARENT = "SELECT coalesce(parent_picture, parent_job) FROM lineage WHERE child_job = ?"


def drawn(world: BotWorld, user: User | None = None, **options: Any) -> Message:
    """A result in the channel; ``options`` are those of ``/imagine``."""
    asked = {"prompt": "a red apple", "size": "64x64", "steps": 2, **options}
    return finished(world, world.slash(user or world.ada, "imagine", **asked))


def finished(world: BotWorld, message: Message, seconds: float = 60.0) -> Message:
    """Wait until a message shows pictures with what can be done with them (a preview can only be called off)."""

    def varies() -> bool:
        return any(each["custom_id"].startswith("mz:strong:") for each in _controls(message.components))

    world.daemon.until(varies, seconds, "the pictures have come")
    return message


def id_of(message: Message, verb: str, index: int | None = None) -> str:
    """The custom id of a button or menu of a message."""
    end = "" if index is None else f":{index}"
    found = [
        each["custom_id"]
        for each in _controls(message.components)
        if each["custom_id"].startswith(f"mz:{verb}:") and each["custom_id"].endswith(end)
    ]
    assert found, f"there is no {verb} among {[each['custom_id'] for each in _controls(message.components)]}"
    return str(found[0])


def job_of(message: Message) -> str:
    """The id of the job that a message shows."""
    return id_of(message, "parameters").split(":")[2]


def parent_of(world: BotWorld, message: Message) -> str | None:
    """What the job of a message comes from."""
    with closing(sqlite3.connect(f"file:{world.daemon.state_dir}/mezzotint.db?mode=ro", uri=True)) as connection:
        (parent,) = connection.execute(PARENT, (job_of(message),)).fetchone()
    return None if parent is None else str(parent)


def pressed(
    world: BotWorld, user: User, message: Message, verb: str, index: int | None = None, *, forged: str | None = None
) -> Message:
    """The user presses; the first answer that says more than that one will follow."""
    custom_id = forged or id_of(message, verb, index)

    async def act(fake: FakeDiscord) -> Message:
        asked = await fake.press(user, message, custom_id, forged=forged is not None)
        return await _answer(fake, asked, user)

    return world.do(act)


async def _answer(fake: FakeDiscord, asked: Any, user: User) -> Message:
    return await asked.message()  # type: ignore[no-any-return]


def _controls(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for each in components:
        if "custom_id" in each:
            found.append(each)
        found += _controls(each.get("components", []))
    return found
