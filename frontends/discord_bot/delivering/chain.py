"""
The ways to the one who asked, in order: by the token of the interaction, by an edit of the message that is there,
by a new message in the channel, by a direct message. When all are closed it is kept, and the reason is told.

Each step is written down before the next begins. A message that was sent before a crash is known by its nonce for
some minutes; after that our own messages are looked through for it. So it is there once, whatever breaks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

import discord
import structlog
from discord import ui

from config.clock import Clock
from config.failpoints import reach
from daemon.service import Post
from frontends.discord_bot.delivering.content import Content
from frontends.discord_bot.delivering.door import Posts
from frontends.discord_bot.delivering.errand import ClosedError, Errand
from frontends.discord_bot.delivering.requests import Requests
from frontends.discord_bot.delivering.verdict import FAILURES, OLD_MESSAGES
from frontends.discord_bot.delivering.ways import Ways

TOKEN_MARGIN_MS = 15_000
"""A token is not used for the last so many milliseconds of its life: an upload takes its time."""
NONCE_MS = 120_000
"""For so long after a delivery began its nonces are surely known; Discord says "the past few minutes"."""
SKEW_MS = 300_000
"""Our clock and Discord's may differ by so much."""
OLD_MS = 3_600_000
"""Older messages may be edited seldom."""

log = structlog.get_logger(__name__)


Route = Callable[[Errand, Content], Awaitable[None]]


class Chain:
    """Brings messages, one way or another."""

    def __init__(self, ways: Ways, posts: Posts, clock: Clock, request_seconds: float) -> None:
        self._ways = ways
        self._requests = Requests(ways, request_seconds)
        self._posts = posts
        self._clock = clock

    async def bring(self, errand: Errand, content: Content) -> str | None:
        """By which way it is there now; None when all are closed.

        Raises :class:`RetryableError` (:class:`LaterError` with a time) for what may pass.
        """
        routes = list(self._first(errand) if content.part == 0 else self._further(errand))
        for name, route in _from(errand.post, content.part, routes):
            try:
                await route(errand, content)
            except ClosedError as closed:
                errand.closed.append(closed)
            else:
                return name
        return None

    # --- which ways there are

    def _first(self, errand: Errand) -> Iterator[tuple[str, Route]]:
        post = errand.post
        if self._token_lives(post):
            yield "token", self._by_token
        if errand.living is not None and not post.ephemeral and (errand.public or post.guild is None):
            yield "edit", self._by_edit
        if errand.public:
            yield "channel", self._to_channel
        yield "direct", self._directly

    def _further(self, errand: Errand) -> Iterator[tuple[str, Route]]:
        if errand.public and not errand.direct:
            yield "channel", self._to_channel
        if not errand.direct and self._token_lives(errand.post):
            yield "follow_up", self._by_follow_up
        yield "direct", self._directly

    def _token_lives(self, post: Post) -> bool:
        if post.token is None or post.expires_at is None:
            return False
        return self._clock() < post.expires_at - TOKEN_MARGIN_MS

    # --- the ways

    async def _by_token(self, errand: Errand, content: Content) -> None:
        token = errand.post.token
        assert token is not None

        async def send(view: ui.LayoutView, files: list[discord.File]) -> str:
            return await self._ways.edit_original(token, view, files)

        try:
            message = await self._requests.brought(content, send, by_token=True)
        except ClosedError:
            await self._posts.drop_token(errand.post.id)
            raise
        await self._record(errand, content, message, errand.post.channel)

    async def _by_edit(self, errand: Errand, content: Content) -> None:
        message, channel = errand.living, errand.living_channel
        assert message is not None

        async def send(view: ui.LayoutView, files: list[discord.File]) -> str:
            try:
                return await self._ways.edit(channel, message, view, files)
            except discord.RateLimited as error:
                age = self._clock() - discord.utils.snowflake_time(int(message)).timestamp() * 1000
                if age < OLD_MS:
                    raise
                raise ClosedError(OLD_MESSAGES, str(error)) from error

        await self._requests.brought(content, send)
        await self._record(errand, content, message, channel)

    async def _to_channel(self, errand: Errand, content: Content) -> None:
        if content.part == 0 and errand.ping:
            content.above = f"<@{errand.post.user}>"
        await self._sent(errand, content, "channel", errand.post.channel)

    async def _directly(self, errand: Errand, content: Content) -> None:
        await self._posts.told(errand.post.id, "open", f"direct {content.part}")
        channel = await self._requests.asked(lambda: self._ways.direct(errand.post.user))
        if content.part == 0:
            content.above = errand.direct_line(errand.code)
            errand.direct = True
        await self._sent(errand, content, "direct", channel)

    async def _by_follow_up(self, errand: Errand, content: Content) -> None:
        """A follow-up that is sent twice is there twice: so an empty one is sent, and filled once it is known."""
        token, post = errand.post.token, errand.post
        assert token is not None
        made = [each for each in await self._posts.messages(post.id) if each.part == content.part]
        await self._posts.told(post.id, "open", f"follow_up {content.part}")
        if made:
            message = made[0].message_id
        else:
            empty = ui.LayoutView(timeout=None).add_item(ui.TextDisplay("…"))
            message = await self._requests.asked(
                lambda: self._ways.follow_up(token, empty, ephemeral=not errand.public), by_token=True
            )
            await self._posts.message(post.id, message, "part", content.part)

        async def send(view: ui.LayoutView, files: list[discord.File]) -> str:
            return await self._ways.edit_answer(token, message, view, files)

        await self._requests.brought(content, send, by_token=True)
        await self._record(errand, content, message, post.channel)

    # --- steps

    async def _sent(self, errand: Errand, content: Content, name: str, channel: str) -> None:
        """A new message as the bot, unless an earlier try has sent it."""
        step = f"{name} {content.part}"
        looked_for = self._may_be_there(errand, content, step, channel)
        await self._posts.told(errand.post.id, "open", step)
        message = None
        if looked_for and self._clock() - errand.began > NONCE_MS:
            message = await self._requests.asked(
                lambda: self._ways.find(channel, errand.began - SKEW_MS, content.mark, errand.known)
            )
        if message is None:
            nonce = f"{errand.delivery}.{content.part}"
            ping = errand.post.user if errand.ping and content.part == 0 and name == "channel" else None

            async def send(view: ui.LayoutView, files: list[discord.File]) -> str:
                return await self._ways.send(channel, view, files, nonce=nonce, ping=ping)

            message = await self._requests.brought(content, send)
        errand.known.add(message)
        await self._record(errand, content, message, channel)
        if content.part == 0 and errand.living not in (None, message) and not errand.post.ephemeral:
            await self._take_away(errand)

    def _may_be_there(self, errand: Errand, content: Content, step: str, channel: str) -> bool:
        """Whether an earlier try may have sent it there: this step was begun, or its first answer is on no record."""
        post = errand.post
        if post.state == "open" and post.route == step:
            return True
        by_answer = content.part == 0 and errand.living is None and post.interaction is not None
        return by_answer and channel == post.channel

    async def _take_away(self, errand: Errand) -> None:
        """The message that could not be edited would say for ever that the job is under way."""
        assert errand.living is not None
        try:
            await self._requests.in_time(self._ways.delete(errand.living_channel, errand.living))
        except FAILURES:
            log.info("old_message_left", post=errand.post.id)

    async def _record(self, errand: Errand, content: Content, message: str, channel: str) -> None:
        kind = "living" if content.part == 0 else "part"
        await self._posts.message(errand.post.id, message, kind, content.part, channel=channel)
        reach("discord.after_record")


def _from(post: Post, part: int, routes: Sequence[tuple[str, Route]]) -> Sequence[tuple[str, Route]]:
    """Where an earlier try of this delivery was, it goes on: what was sent there may be there."""
    names = [f"{name} {part}" for name, _ in routes]
    if post.state == "open" and post.route in names:
        return routes[names.index(str(post.route)) :]
    return routes
