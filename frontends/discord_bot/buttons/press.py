"""One press of a button, and what a verb needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from daemon.service import Job, Picture
from frontends.discord_bot import spoilers
from frontends.discord_bot.desk import Desk
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.visibility import may_touch, seen_job
from frontends.discord_bot.words import Words


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed what, and where. ``index`` is that of the picture, if one is meant."""

    interaction: discord.Interaction[Any]
    desk: Desk
    words: Words
    asker: Asker
    job_id: str
    index: int | None = None

    @classmethod
    def of(cls, interaction: discord.Interaction[Any], job_id: str, index: int | None) -> Press:
        """From the interaction."""
        desk: Desk = interaction.client.desk
        return cls(interaction, desk, desk.words(interaction), Asker.of(interaction), job_id, index)

    @property
    def hidden(self) -> bool:
        """Whether the message with the button is seen by one person only, so that what comes of it is as well."""
        message = self.interaction.message
        return message is not None and message.flags.ephemeral

    async def job(self) -> Job:
        """The job, if there is one and whoever pressed may see it; :class:`Refused` otherwise."""
        try:
            return await seen_job(self.desk.service, self.job_id, self.asker)
        except Refused:
            if not await self._is_shown():
                raise
        return await spoilers.as_decided(self.desk.service, await self.desk.service.job(self.job_id))

    async def _is_shown(self) -> bool:
        """Whether the button is on a message for everybody that shows the job, somewhere else than it was asked for."""
        message = self.interaction.message
        post = None if message is None or self.hidden else await self.desk.service.posts.of_message(str(message.id))
        return post is not None and not post.ephemeral and post.job_id == self.job_id

    async def own_job(self) -> Job:
        """The same, for what only its owner and moderators may do."""
        job = await self.job()
        if not may_touch(job, self.asker):
            raise Refused("errors.not_yours")
        return job

    async def noted(self, job: Job, action: str) -> None:
        """What a moderator did with somebody else's job is on record."""
        if self.asker.guild is not None and job.owner != self.asker.owner:
            record = self.desk.service.policies.record
            await record(self.asker.guild, self.asker.owner, action, {"job": job.id, "owner": job.owner})


def picture_of(job: Job, index: int | None) -> Picture:
    """The picture of that number; of a job with one picture that one."""
    wanted = 0 if index is None else index
    for each in job.pictures:
        if each.index == wanted:
            return each
    raise Refused("errors.picture_gone")
