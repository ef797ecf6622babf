"""The entry "Edit" in the menu of a message: its picture is changed in a form, ours or anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from frontends.discord_bot import pointing, telling
from frontends.discord_bot.buttons import edit_modal, pointed_modal
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.commands.kinds import EVERYWHERE, INSTALLS
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused


def build(desk: Desk) -> Sequence[app_commands.ContextMenu]:
    """The entry."""

    async def act(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        job = await telling.soon(interaction, pointing.job_of(desk, message, Asker.of(interaction)))
        if job is not None:
            first = job.pictures[0].index if job.pictures else None
            await edit_modal.opened(Press.of(interaction, job.id, first))
            return
        attachment = pointing.picture_of(message)
        if attachment is None:
            raise Refused("menu.no_picture")
        await pointed_modal.opened(Press.of(interaction, "", None), attachment)

    menu = app_commands.ContextMenu(
        name=desk.catalogue.marked("menu.edit"),
        callback=act,
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLS,
    )
    return [menu]
