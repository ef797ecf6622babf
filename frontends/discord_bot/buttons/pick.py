"""Take one picture of several: post it on its own."""

from __future__ import annotations

import io

import discord

from config.errors import NotFoundError
from daemon.service import Job, Picture
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons import messages, wishes
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press, picture_of
from frontends.discord_bot.delivering import lineage
from frontends.discord_bot.delivering.ladder import Ladder
from frontends.discord_bot.delivering.verdict import judge
from frontends.discord_bot.layouts import text
from frontends.discord_bot.layouts.done import Shown, picked
from frontends.discord_bot.refusal import Refused

PICKED = 1_000
"""Parts of a post from here on are pictures that were taken from it."""


class Pick(JobButton, template=ids.template("pick")):
    """It answers the press, so Discord shows it as an answer to the message."""

    public = True

    async def act(self, press: Press) -> None:
        """Bring the picture as large as it may be here."""
        job = await press.job()
        picture = picture_of(job, press.index)
        if wishes.is_private(job) and not press.hidden and press.asker.guild is not None:
            raise Refused("errors.no_such_job")
        grant = await press.desk.policy.admit(press.asker, "pick")
        spoiler = grant.spoiler or wishes.is_spoiler(job)
        try:
            ladder = Ladder(await press.desk.service.picture_bytes(picture.id))
        except NotFoundError:
            raise Refused("errors.picture_gone") from None
        await ladder.fit(press.interaction.filesize_limit)
        message = await _brought(press, job, picture, ladder, spoiler)
        if not press.hidden:
            place = PICKED + picture.index
            await messages.record(press.desk.service, job, message, press.asker.place, place)


async def _brought(
    press: Press, job: Job, picture: Picture, ladder: Ladder, spoiler: bool
) -> discord.InteractionMessage:
    url = await lineage.parent_url(press.desk.service, job)
    while True:
        written = ladder.written
        name = f"{picture.id}.{written.ending}"
        alt = text.alt(job.request.prompt) or None
        file = discord.File(io.BytesIO(written.data), name, description=alt, spoiler=spoiler)
        view = picked(job, press.words, Shown(picture.index, file.uri), spoiler=spoiler, parent_url=url)
        try:
            return await press.interaction.edit_original_response(view=view, attachments=[file])
        except discord.HTTPException as error:
            if judge(error).meaning != "smaller" or not await ladder.lower():
                raise
