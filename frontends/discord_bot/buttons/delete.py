"""Ask whether a job is really to be deleted."""

from __future__ import annotations

from daemon.service import TERMINAL
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.layouts.sure import sure
from frontends.discord_bot.refusal import Refused


class Delete(JobButton, template=ids.template("delete")):
    """For its owner and moderators."""

    async def act(self, press: Press) -> None:
        """Nothing is deleted before the question is answered."""
        job = await press.own_job()
        if job.state not in TERMINAL:
            raise Refused("errors.still_open")
        await press.interaction.edit_original_response(view=sure(job, press.words))
