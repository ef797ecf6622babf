"""Show what decided a picture."""

from __future__ import annotations

import io

import discord

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.delivering import lineage
from frontends.discord_bot.layouts.parameters import is_cut, parameters, written


class Parameters(JobButton, template=ids.template("parameters")):
    """For who pressed, in a form that can be copied."""

    async def act(self, press: Press) -> None:
        """Show them."""
        job = await press.job()
        url = await lineage.parent_url(press.desk.service, job)
        view = parameters(job, press.words, press.index, parent_url=url)
        files = []
        if is_cut(job):
            text = written(job, press.words, press.index)
            files.append(discord.File(io.BytesIO(text.encode()), "parameters.txt"))
        await press.interaction.edit_original_response(view=view, attachments=files)
