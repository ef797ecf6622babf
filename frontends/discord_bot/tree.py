"""The commands: who is let in to them, and what becomes of their errors."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from frontends.discord_bot import telling
from frontends.discord_bot.delivering.verdict import FAILURES
from frontends.discord_bot.policy.asker import Asker

if TYPE_CHECKING:
    from frontends.discord_bot.client import Bot

MODERATING = "mezzotint"
"""The command of moderators: who was blocked by mistake and may manage the guild lifts it with that."""


class Tree(app_commands.CommandTree["Bot"]):
    """Commands whose errors are told to who asked. Who is blocked may use none, and nothing is suggested to him."""

    async def interaction_check(self, interaction: discord.Interaction[Bot], /) -> bool:
        """Before every command but that of moderators, which looks at itself who may use it."""
        data: Any = interaction.data or {}
        if data.get("name") == MODERATING:
            return True
        try:
            await telling.soon(interaction, self.client.desk.policy.hear(Asker.of(interaction)))
        except Exception as error:  # boundary: whatever fails here, who asked is told
            if interaction.type is not discord.InteractionType.autocomplete:
                await self.client.tell_error(interaction, error)
                return False
            with contextlib.suppress(*FAILURES):
                await interaction.response.autocomplete([])
            return False
        return True

    async def on_error(self, interaction: discord.Interaction[Bot], error: app_commands.AppCommandError, /) -> None:
        """Whatever went wrong in a command."""
        await self.client.tell_error(interaction, getattr(error, "original", error))
