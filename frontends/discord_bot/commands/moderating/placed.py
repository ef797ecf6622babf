"""A channel in which pictures can be asked for."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands


class Place(app_commands.Transformer):
    """As Discord told it: the bot need not see the channel to have a rule for it. Threads follow their channel."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Those with messages."""
        kinds = discord.ChannelType
        return [kinds.text, kinds.news, kinds.voice, kinds.stage_voice, kinds.forum, kinds.media]

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Any:
        """It has an ``id``."""
        return value
