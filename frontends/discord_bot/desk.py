"""What commands and buttons work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from config.clock import Clock
from config.settings import Settings
from daemon.service import Service
from frontends.discord_bot.delivering.live import Live
from frontends.discord_bot.models import ModelBoard
from frontends.discord_bot.ordering import Ordering
from frontends.discord_bot.own import Own
from frontends.discord_bot.policy.door import Policy
from frontends.discord_bot.words import Catalogue, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One for the whole bot; ``interaction.client.desk``."""

    service: Service
    settings: Settings
    catalogue: Catalogue
    board: ModelBoard
    policy: Policy
    ordering: Ordering
    live: Live
    own: Own
    clock: Clock

    def words(self, interaction: discord.Interaction[Any]) -> Words:
        """In the language of who asked."""
        return self.catalogue.words(str(interaction.locale))
