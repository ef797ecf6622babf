"""Delete a job with its pictures and messages, for good."""

from __future__ import annotations

from daemon.service import TERMINAL
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot import telling
from frontends.discord_bot.buttons import messages
from frontends.discord_bot.buttons.item import JobButton
from frontends.discord_bot.buttons.press import Press
from frontends.discord_bot.refusal import Refused


class Remove(JobButton, template=ids.template("remove")):
    """For its owner and moderators, once they are sure."""

    async def act(self, press: Press) -> None:
        """First the messages, which are found by the job; whatever breaks between, it can be deleted again."""
        job = await press.own_job()
        if job.state not in TERMINAL:
            raise Refused("errors.still_open")
        service = press.desk.service
        # A result that is on its way comes first: what was sent meanwhile would be on no record.
        async with press.desk.live.locks.of(job.id):
            async for message in messages.of_job(press.interaction.client, service, job):
                await messages.deleted(message)
            await service.remove(job.id)
        await press.noted(job, "delete")
        await telling.tell(press.interaction, press.words, press.words.say("buttons.deleted"))
