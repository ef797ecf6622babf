"""The entry "Parameters" in the menu of a message: how its picture was drawn, ours or any that says so."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from config.errors import UserError
from frontends.discord_bot import pointing, telling
from frontends.discord_bot.commands.answering import answer
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.delivering import lineage
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.layouts import parameters as layout
from frontends.discord_bot.layouts.foreign import foreign
from frontends.discord_bot.layouts.sealed import View
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from pipeline import records

FILE = "parameters.txt"


def build(desk: Desk) -> Sequence[app_commands.ContextMenu]:
    """The entry."""

    async def act(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await telling.first(interaction)
        words, asker = desk.words(interaction), Asker.of(interaction)
        job = await pointing.job_of(desk, message, asker)
        if job is None:
            await answer(interaction, await _foreign(desk, interaction, message))
            return
        url = await lineage.parent_url(desk.service, job)
        files = []
        if layout.is_cut(job):
            files.append(discord.File(io.BytesIO(layout.written(job, words).encode()), FILE))
        await answer(interaction, layout.parameters(job, words, parent_url=url), files)

    menu = app_commands.ContextMenu(
        name=desk.catalogue.marked("menu.parameters"),
        callback=act,
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    return [menu]


async def _foreign(desk: Desk, interaction: discord.Interaction[Any], message: discord.Message) -> View:
    attachment, most = pointing.picture_of(message), desk.settings.limits.max_image_bytes
    if attachment is None:
        raise Refused("menu.no_picture")
    if attachment.size > most:
        raise Refused("errors.image_too_large", most=most // 2**20)
    data = await pointing.fetched(interaction.client, attachment.url)
    try:
        found = await asyncio.to_thread(records.read_png, data)
    except UserError:  # it is no PNG, and what others say of themselves Discord has taken out
        raise Refused("menu.says_nothing") from None
    if found.request_fields is None:
        raise Refused("menu.says_nothing")
    return foreign(found, desk.words(interaction))
