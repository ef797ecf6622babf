"""Hide the pictures of a job behind a spoiler, or show them."""

from __future__ import annotations

import discord
import structlog

from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import spoilers, telling
from frontends.discord_bot.buttons import messages
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.layouts.toggled import has_spoiler, toggled
from frontends.discord_bot.refusal import Refused

log = structlog.get_logger(__name__)


class Spoiler(JobButton, template=ids.template("spoiler")):
    """For moderators; in direct messages there are none, and it is for who is there."""

    async def act(self, press: Press) -> None:
        """Turn it round in the message that was pressed, and bring the others of this guild in line.

        What is decided where the job was only shown again says nothing about the place that it comes from.
        """
        job = await press.job()
        message = press.interaction.message
        if message is None or not (press.asker.moderator or press.asker.guild is None):
            raise Refused("errors.moderators_only")
        on = not has_spoiler(message)
        try:
            await message.edit(view=toggled(message, on))
        except messages.OUT_OF_REACH:
            raise Refused("errors.out_of_reach") from None
        here, service = press.asker.guild, press.desk.service
        if here == job.origin.address.get("guild"):
            await spoilers.decide(service, job, on)
        await press.noted(job, "spoiler on" if on else "spoiler off")
        async for other in messages.within(press.interaction.client, service, job, here):
            if other.id != message.id:
                await _follow(other, on)
        said = press.words.say("buttons.spoiler_on" if on else "buttons.spoiler_off")
        await telling.tell(press.interaction, press.words, said)


async def _follow(other: discord.PartialMessage, on: bool) -> None:
    try:
        whole = await other.fetch()
        if has_spoiler(whole) != on:
            await whole.edit(view=toggled(whole, on))
    except discord.HTTPException as error:
        log.info("message_left", message=other.id, why=str(error))
