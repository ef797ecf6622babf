"""``/history``: one's own results, the newest first, with what could not be brought and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot import listing, telling
from frontends.discord_bot.commands.answering import answer
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import Option, callback
from frontends.discord_bot.policy.asker import Asker

FAVOURITES = Option(name="favourites", kind=bool, words="history.option.favourites")


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        look = listing.favourites if said.get("favourites") else listing.own
        found = await look(desk, desk.words(interaction), Asker.of(interaction))
        await answer(interaction, found.view, found.files)

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("history.name"),
        description=desk.catalogue.marked("history.describe"),
        callback=callback((FAVOURITES,), act, desk.catalogue),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    return [command]
