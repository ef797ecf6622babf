"""``/usage``: what the asker has used, and what he may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from daemon.service import Limit
from frontends.discord_bot import telling
from frontends.discord_bot.commands.answering import answer
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts.usage import Sheet, usage
from frontends.discord_bot.options import callback
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused

MOST_COUNTED = 100
"""Waiting jobs."""


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        asker = await desk.policy.recognised(Asker.of(interaction))
        sheets = await _sheets(desk, asker)
        await answer(interaction, usage(sheets, desk.words(interaction)))

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("usage.name"),
        description=desk.catalogue.marked("usage.describe"),
        callback=callback((), act, desk.catalogue),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    return [command]


async def _sheets(desk: Desk, asker: Asker) -> list[Sheet]:
    """The asker's own, his in this guild where something limits it, and the guild's for who moderates it."""
    scope = f"owner:{asker.owner}"
    limits = await _limits(desk, asker)
    waiting = len(await desk.service.jobs(owner=asker.owner, state="queued", limit=MOST_COUNTED))
    sheets = [Sheet("own", await desk.service.usage(scope), _of(limits, scope), waiting)]
    if asker.guild is None:
        return sheets
    member, guild = f"member:{asker.guild}.{asker.user}", f"guild:{asker.guild}"
    if _of(limits, member):
        sheets.append(Sheet("member", await desk.service.usage(member), _of(limits, member)))
    if asker.moderator:
        sheets.append(Sheet("guild", await desk.service.usage(guild), _of(limits, guild)))
    return sheets


async def _limits(desk: Desk, asker: Asker) -> Sequence[Limit]:
    """What the moderators of a place set; who may draw nothing there may still ask what he has used."""
    try:
        return (await desk.policy.admit(asker, "imagine")).limits
    except Refused:
        return ()


def _of(limits: Sequence[Limit], scope: str) -> tuple[Limit, ...]:
    return tuple(limit for limit in limits if limit.scope == scope)
