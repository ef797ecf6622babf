"""``/queue``: what the asker waits for, and how busy the service is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot import telling
from frontends.discord_bot.commands.answering import answer
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts.queue import MOST_JOBS, Entry, queue
from frontends.discord_bot.options import callback
from frontends.discord_bot.policy.asker import Asker

LOOKED_AT = 200
"""Waiting jobs of one person."""


def build(desk: Desk) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """The command."""

    async def act(interaction: discord.Interaction[Any], said: dict[str, Any]) -> None:
        await telling.first(interaction)
        entries, more = await _own(desk, Asker.of(interaction).owner)
        status = await desk.service.status()
        view = queue(entries, status, desk.words(interaction), now_ms=desk.clock(), more=more)
        await answer(interaction, view)

    command: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=desk.catalogue.marked("queue.name"),
        description=desk.catalogue.marked("queue.describe"),
        callback=callback((), act, desk.catalogue),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    return [command]


async def _own(desk: Desk, owner: str) -> tuple[list[Entry], bool]:
    """Those that are drawn and those that come first in his line; whether there are more."""
    running = await desk.service.jobs(owner=owner, state="running", limit=MOST_JOBS)
    waiting = await desk.service.jobs(owner=owner, state="queued", limit=LOOKED_AT)
    expected = await desk.service.expected([*running, *waiting])
    entries = [Entry(job, expected.get(job.id)) for job in (*running, *waiting)]
    entries.sort(key=_place)
    return entries[:MOST_JOBS], len(entries) > MOST_JOBS


def _place(entry: Entry) -> tuple[bool, int, int]:
    """Those that are drawn first, then by their place, then by age."""
    position = entry.expected.position if entry.expected else None
    return entry.job.state != "running", position or 2**31, entry.job.queued_at
