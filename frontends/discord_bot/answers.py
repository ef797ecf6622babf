"""Where the answer to an interaction goes, as the post that is written before anything is promised."""

from __future__ import annotations

from typing import Any

import discord

from config.ids import new_id
from daemon.service import Post
from frontends.discord_bot.policy.asker import Asker

SOURCE = "discord"


def post_of(interaction: discord.Interaction[Any], now: int, *, private: bool, job: str | None = None) -> Post:
    """A new one; ``private``: only who asked sees it. Its token is good for 15 minutes, and ``now`` is in ms."""
    asker = Asker.of(interaction)
    return Post(
        id=new_id(now),
        source=SOURCE,
        guild=asker.guild,
        channel=asker.place,
        user=asker.user,
        interaction=str(interaction.id),
        token=interaction.token,
        expires_at=round(interaction.expires_at.timestamp() * 1000),
        ephemeral=private,
        job_id=job,
        created_at=now,
    )
