"""The messages that show a job, wherever they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import discord
import structlog

from config.errors import UserError
from daemon.service import Job, PostMessage, Service

OUT_OF_REACH = (discord.NotFound, discord.Forbidden)

log = structlog.get_logger(__name__)


async def of_job(client: discord.Client, service: Service, job: Job) -> AsyncIterator[discord.PartialMessage]:
    """Every one that is on record, wherever it was shown, whether or not it is still there."""
    for each in await service.posts.messages_of_job(job.id):
        yield _message(client, each)


async def within(
    client: discord.Client, service: Service, job: Job, guild: str | None
) -> AsyncIterator[discord.PartialMessage]:
    """Those of one guild, or of direct messages."""
    for each in await service.posts.messages_of_job(job.id):
        if each.guild == guild and not each.ephemeral:
            yield _message(client, each)


def _message(client: discord.Client, told: PostMessage) -> discord.PartialMessage:
    guild = None if told.guild is None else int(told.guild)
    return client.get_partial_messageable(int(told.channel), guild_id=guild).get_partial_message(int(told.message_id))


async def deleted(message: discord.PartialMessage | discord.Message) -> None:
    """Delete one of ours; one that is gone, or that only its reader can dismiss, is left alone."""
    try:
        await message.delete()
    except OUT_OF_REACH as error:
        log.info("message_left", message=message.id, why=str(error))


async def record(service: Service, job: Job, message: Any, channel: str, part: int) -> None:
    """Note one more message of a job, so that it is deleted with it."""
    post = await service.posts.of_job(job.id)
    if post is None:
        return
    try:
        await service.posts.message(post.id, str(message.id), "part", part, channel=channel)
    except UserError as error:  # so many are on record already; it is there all the same
        log.info("message_not_recorded", job=job.id, why=error.message)
