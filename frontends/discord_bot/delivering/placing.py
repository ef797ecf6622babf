"""Where the end of a job is told. It is on record before the first try, so that what never came there is in a list."""

from __future__ import annotations

from typing import Any

from config.clock import Clock
from config.ids import new_id
from daemon.service import Delivery, Job, Post
from frontends.discord_bot.delivering.door import Posts


async def placed(posts: Posts, clock: Clock, delivery: Delivery, job: Job) -> Post:
    """The post of the job. That of a schedule has its own made here."""
    address = delivery.address
    named = address.get("post")
    if (post := await posts.of_job(job.id)) is not None:
        return post
    if named and (post := await posts.get(str(named))) is not None:
        # What ended between the two left it without its job; by that its messages are found later.
        await posts.bind(post.id, job.id)
        return post
    made = Post(
        id=new_id(clock()),
        source=delivery.source,
        guild=_number(address.get("guild")),
        channel=str(address["channel"]),
        user=str(address["user"]),
        job_id=job.id,
    )
    await posts.open(made)
    return made


def _number(value: Any) -> str | None:
    return str(value) if str(value).isdecimal() else None
