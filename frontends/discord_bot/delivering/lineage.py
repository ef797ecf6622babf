"""Where the picture is shown that a job was made from."""

from __future__ import annotations

from config.errors import NotFoundError
from daemon.service import Job, Post
from frontends.discord_bot.delivering.door import Door, newest_living


async def parent_url(service: Door, job: Job) -> str | None:
    """A link to the message of the parent; None where there is none, or where only its owner saw it."""
    if job.parent is None:
        return None
    post = await service.posts.of_job(job.parent)
    if post is None:
        try:
            post = await service.posts.of_job((await service.picture(job.parent)).job_id)
        except NotFoundError:
            return None
    if post is None or post.ephemeral:
        return None
    return await link(service, post)


async def link(service: Door, post: Post) -> str | None:
    """To the message that shows a post."""
    living = newest_living(await service.posts.messages(post.id))
    if living is None:
        return None
    place = post.guild if post.guild and living.channel == post.channel else "@me"
    return f"https://discord.com/channels/{place}/{living.channel}/{living.message_id}"
