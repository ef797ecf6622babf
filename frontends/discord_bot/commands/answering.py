"""What commands share that answer with something to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from frontends.discord_bot.layouts.sealed import View


async def answer(interaction: discord.Interaction[Any], view: View, files: Sequence[discord.File] = ()) -> None:
    """Fill the answer that was promised, or change it: it has these files then and no others."""
    await interaction.edit_original_response(view=view, attachments=list(files))
