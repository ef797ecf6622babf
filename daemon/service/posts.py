"""Where results are shown, for the front end that shows them."""

from __future__ import annotations

from functools import partial

from config.clock import Clock
from storage import posts
from storage.database import Database
from storage.posts import Post, PostMessage

AT_ONCE = 500
"""Posts of one answer."""


class Posts:
    """The verbs of :mod:`storage.posts`, each one committed transaction or one read.

    Those that name a post raise :class:`config.errors.NotFoundError` when it is not there.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def open(self, post: Post) -> Post:
        """Keep a new post; returns it with its moment. Raises :class:`config.errors.ConflictError` for a known id."""
        return await self._database.write(partial(posts.open_post, post=post, now=self._clock()))

    async def get(self, post_id: str) -> Post | None:
        """By its id."""
        return await self._database.read(partial(posts.get, post=post_id, now=self._clock()))

    async def of_job(self, job_id: str) -> Post | None:
        """The one in which this job (its full id) is told."""
        return await self._database.read(partial(posts.of_job, job=job_id, now=self._clock()))

    async def of_message(self, message_id: str, source: str = "discord") -> Post | None:
        """The one that this message shows."""
        now = self._clock()
        return await self._database.read(partial(posts.of_message, message=message_id, source=source, now=now))

    async def open_ones(self, limit: int = AT_ONCE) -> list[Post]:
        """Those still to be told, the oldest first; at most 500."""
        most = max(0, min(limit, AT_ONCE))
        return await self._database.read(partial(posts.open_ones, limit=most, now=self._clock()))

    async def messages(self, post_id: str) -> tuple[PostMessage, ...]:
        """What it is shown by, in the order of the parts."""
        return await self._database.read(partial(posts.messages, post=post_id))

    async def messages_of_job(self, job_id: str) -> tuple[PostMessage, ...]:
        """What a job (its full id) is shown by, in all posts that it ever had, the oldest first."""
        return await self._database.read(partial(posts.messages_of_job, job=job_id))

    async def bind(self, post_id: str, job_id: str) -> None:
        """This is the post of the job from now on, in the place of an earlier one."""
        await self._database.write(partial(posts.bind, post=post_id, job=job_id))

    async def message(
        self, post_id: str, message_id: str, kind: str, part: int = 0, *, channel: str | None = None
    ) -> None:
        """It is shown by this message: ``living``, or a ``part`` of the result. Said twice it is one.

        ``channel`` is where the message stands, if that is not the channel of the post.
        """
        await self._database.write(
            partial(posts.add_message, post=post_id, message=message_id, kind=kind, part=part, channel=channel)
        )

    async def told(self, post_id: str, state: str, route: str | None = None, why: str | None = None) -> None:
        """What became of it, by which way, and why it was not told."""
        await self._database.write(partial(posts.told, post=post_id, state=state, route=route, why=why))

    async def drop_token(self, post_id: str) -> None:
        """Its token is of no use any more."""
        await self._database.write(partial(posts.drop_token, post=post_id))
