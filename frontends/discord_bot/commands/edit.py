"""``/edit``: draw a picture anew, changed by words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.options import OPTIONS, callback, named, offered, suggesting
from frontends.discord_bot.wish import Wish

FIRST = ("image", "prompt", "strength")


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command: that of drawing, with a picture to start from."""
    rest = [option.name for option in OPTIONS if option.name not in FIRST]
    options = offered(named(*FIRST, *rest), desk.board.models)

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await desk.ordering.order(interaction, Wish(said=said), "edit")

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("edit.name"),
        description=desk.catalogue.marked("edit.describe"),
        callback=callback(options, act, desk.catalogue, required=("image", "prompt")),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    suggesting(command, options, desk.board)
    return [command]
