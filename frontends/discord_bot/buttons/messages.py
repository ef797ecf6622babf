"""The messages that show a job, wherever they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import discord
import structlog

from daemon.service import Job, Service

OUT_OF_REACH = (discord.NotFound, discord.Forbidden)

log = structlog.get_logger(__name__)


async def of_job(client: discord.Client, service: Service, job: Job) -> AsyncIterator[discord.PartialMessage]:
    """Every one that is on record, whether or not it is still there."""
    post = await service.posts.of_job(job.id)
    if post is None:
        return
    guild = None if post.guild is None else int(post.guild)
    for each in await service.posts.messages(post.id):
        channel = client.get_partial_messageable(int(each.channel), guild_id=guild)
        yield channel.get_partial_message(int(each.message_id))


async def deleted(message: discord.PartialMessage | discord.Message) -> None:
    """Delete one of ours; one that is gone, or that only its reader can dismiss, is left alone."""
    try:
        await message.delete()
    except OUT_OF_REACH as error:
        log.info("message_left", message=message.id, why=str(error))


async def record(service: Service, job: Job, message: Any, channel: str, part: int) -> None:
    """Note one more message of a job, so that it is deleted with it."""
    post = await service.posts.of_job(job.id)
    if post is not None:
        await service.posts.message(post.id, str(message.id), "part", part, channel=channel)
