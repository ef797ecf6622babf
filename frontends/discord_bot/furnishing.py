"""The desk, with everything on it."""

from __future__ import annotations

import discord

from config.clock import Clock
from config.settings import Settings
from daemon.service import Service
from frontends.discord_bot.delivering.live import Live
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.models import ModelBoard
from frontends.discord_bot.ordering import Ordering
from frontends.discord_bot.own import Own
from frontends.discord_bot.policy.door import Policy
from frontends.discord_bot.words import Catalogue


def furnished(client: discord.Client, settings: Settings, service: Service, catalogue: Catalogue, clock: Clock) -> Desk:
    """All that commands and buttons work with, for one connection."""
    board, policy, own = ModelBoard(settings, service), Policy(service), Own(service)
    live = Live(client, service, settings, catalogue, clock)
    ordering = Ordering(
        settings=settings,
        service=service,
        catalogue=catalogue,
        board=board,
        policy=policy,
        live=live,
        own=own,
        clock=clock,
    )
    return Desk(
        service=service,
        settings=settings,
        catalogue=catalogue,
        board=board,
        policy=policy,
        ordering=ordering,
        live=live,
        own=own,
        clock=clock,
    )
