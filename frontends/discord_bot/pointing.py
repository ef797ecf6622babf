"""What a message that somebody points at shows: a job of ours, or a picture of anybody's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import discord

from config.errors import RetryableError
from daemon.service import Job
from frontends.discord_bot import custom_ids as ids
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refusal import Refused
from frontends.discord_bot.visibility import seen_job

if TYPE_CHECKING:
    from frontends.discord_bot.desk import Desk

FETCH_SECONDS = 20.0
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


async def job_of(desk: Desk, message: discord.Message, asker: Asker) -> Job | None:
    """The job of ours that it shows; None when it shows none. :class:`Refused` when the asker may not see it."""
    post = await desk.service.posts.of_message(str(message.id))
    name = post.job_id if post is not None else _named(message)
    if name is None:
        return None
    return await seen_job(desk.service, name, asker)


def picture_of(message: discord.Message) -> discord.Attachment | None:
    """The first picture that is attached to it."""
    return next((each for each in message.attachments if is_picture(each)), None)


def is_picture(attachment: discord.Attachment) -> bool:
    """As far as its sender says."""
    said = attachment.content_type
    return said.startswith("image/") if said else attachment.filename.lower().endswith(ENDINGS)


async def fetched(client: discord.Client, url: str) -> bytes:
    """The file of an attachment, as Discord named it to us; how large it is was looked at before."""
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            return await client.http.get_from_cdn(url)
    except (discord.NotFound, discord.Forbidden):
        raise Refused("errors.picture_gone") from None
    except (discord.HTTPException, OSError, TimeoutError) as error:
        raise RetryableError("the picture could not be fetched from Discord", hint="try again") from error


def _named(message: discord.Message) -> str | None:
    """The job that its buttons are for."""
    for custom_id in _custom_ids(message.components):
        found = ids.parse(custom_id)
        if found is not None:
            return found.job
    return None


def _custom_ids(components: Iterable[Any]) -> Iterator[str]:
    for each in components:
        custom_id = getattr(each, "custom_id", None)
        if custom_id:
            yield custom_id
        yield from _custom_ids(getattr(each, "children", ()))
        accessory = getattr(each, "accessory", None)
        if accessory is not None:
            yield from _custom_ids([accessory])
