"""``/models``: what there is to draw with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot import telling
from frontends.discord_bot.commands.answering import answer
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts.models import model, models
from frontends.discord_bot.options import callback, named, suggesting


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""
    options = named("model")

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        words = desk.words(interaction)
        if "model" in said:
            view = model(await desk.service.model(said["model"]), words)
        else:
            view = models(desk.board.models, desk.board.chosen().name, words)
        await answer(interaction, view)

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("models.name"),
        description=desk.catalogue.marked("models.describe"),
        callback=callback(options, act, desk.catalogue),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    suggesting(command, options, desk.board)
    return [command]
