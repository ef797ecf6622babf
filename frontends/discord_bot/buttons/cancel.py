"""Call off a job that waits or is drawn."""

from __future__ import annotations

from daemon.service import TERMINAL
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import telling
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.refusal import Refused


class Cancel(JobButton, template=ids.template("cancel")):
    """For its owner and moderators. Its message tells the end of it."""

    async def act(self, press: Press) -> None:
        """Cancel it now, or at its next step."""
        job = await press.own_job()
        if job.state in TERMINAL:
            raise Refused("errors.already_over")
        after = await press.desk.service.cancel(job.id)
        await press.noted(job, "cancel")
        ended = after.state in TERMINAL
        said = press.words.say("buttons.cancelled" if ended else "buttons.cancelling")
        await telling.tell(press.interaction, press.words, said)
