"""``/search``: jobs by the words of their prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot import lately, listing, telling
from frontends.discord_bot.commands.answering import answer
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import Option, callback
from frontends.discord_bot.policy.asker import Asker

MOST_CHARACTERS = 200
TEXT = Option(name="text", kind=str, words="search.option.text", most=MOST_CHARACTERS)


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        asker = Asker.of(interaction)
        await desk.policy.admit(asker, "search")
        search = await lately.keep(desk, asker.owner, lately.SEARCHES, said["text"])
        found = await listing.matching(desk, desk.words(interaction), asker, search, said["text"])
        await answer(interaction, found.view, found.files)

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("search.name"),
        description=desk.catalogue.marked("search.describe"),
        callback=callback((TEXT,), act, desk.catalogue, required=("text",)),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    return [command]
