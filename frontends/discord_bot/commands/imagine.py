"""``/imagine``: draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import OPTIONS, callback, offered, suggesting
from frontends.discord_bot.wish import Wish


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command, with what the models at hand can do."""
    options = offered(OPTIONS, desk.board.models)

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await desk.ordering.order(interaction, Wish(said=said))

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("imagine.name"),
        description=desk.catalogue.marked("imagine.describe"),
        callback=callback(options, act, desk.catalogue, required=("prompt",)),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    suggesting(command, options, desk.board)
    return [command]
